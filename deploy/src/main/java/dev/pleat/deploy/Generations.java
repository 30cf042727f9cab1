package dev.pleat.deploy;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Guard;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.Domain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All views of this process, and the thread that lets new generations of them take the place of old
 * ones. Safe for use by many threads.
 */
final class Generations implements ViewOperations, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Generations.class);
  private static final long PAUSE_MS = 300;
  private static final long SHORT_PAUSE_MS = 20;

  private final List<ServedView> views = new ArrayList<>();

  /** Domain and store to the view that has it. */
  private final Map<String, ServedView> byStore = new HashMap<>();

  private final GenerationLog log;
  private final Semaphore news = new Semaphore(0);
  private final Thread follower =
      Thread.ofPlatform().name("views").daemon(true).unstarted(this::follow);
  private volatile boolean closing;

  /**
   * Starts the applications of the views of these domains.
   *
   * @param runs which of them are made here
   * @throws StartRefused if it cannot be read what generations there are
   */
  Generations(
      List<Domain<?, ?, ?>> domains,
      Predicate<View> runs,
      GenerationRemoval removal,
      RunningGeneration.Surroundings surroundings) {
    this.log =
        GenerationLog.open(
            surroundings.streams().connection(),
            domains.stream().<DomainSchema<?, ?>>map(Domain::schema).toList(),
            news::release);
    for (Domain<?, ?, ?> domain : domains) {
      DomainSchema<?, ?> schema = domain.schema();
      for (View view : schema.views().stream().filter(runs).toList()) {
        ServedView served = new ServedView(domain, view, log, removal, surroundings);
        views.add(served);
        byStore.put(place(schema.name(), view.rowsStore()), served);
        byStore.put(place(schema.name(), view.indexStore()), served);
        for (DomainSchema<?, ?> source : schema.sources(view)) {
          Guard guard = view.guard(source);
          byStore.put(place(schema.name(), guard.seenStore()), served);
          byStore.put(place(schema.name(), guard.stoppedStore()), served);
        }
      }
    }
    try {
      views.forEach(ServedView::begin);
    } catch (GenerationLog.Unwritten e) {
      close();
      throw new StartRefused(e.getMessage() + "; look at the brokers");
    }
    follower.start();
  }

  private static String place(String domain, String store) {
    return domain + "/" + store;
  }

  /** The application that is asked now for a store of a view. */
  Optional<StreamsRole> asked(String domain, String store) {
    return Optional.ofNullable(byStore.get(place(domain, store))).flatMap(ServedView::asked);
  }

  /** The rows of a partition, if the generation that is asked has them open here. */
  Optional<ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>>> open(
      String domain, String store, int partition) {
    return Optional.ofNullable(byStore.get(place(domain, store)))
        .flatMap(view -> view.open(partition));
  }

  /** Why the view that has a store cannot be asked at all just now; empty if it can. */
  Optional<String> trouble(String domain, String store) {
    return Optional.ofNullable(byStore.get(place(domain, store)))
        .flatMap(view -> view.working().reason());
  }

  private void follow() {
    while (!closing) {
      boolean soon = false;
      for (ServedView view : views) {
        try {
          soon |= view.step();
        } catch (RuntimeException e) {
          LOG.warn("what generations of a view run cannot be changed now", e);
        }
      }
      try {
        news.tryAcquire(soon ? SHORT_PAUSE_MS : PAUSE_MS, TimeUnit.MILLISECONDS);
        news.drainPermits();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Which views can be asked at all. */
  List<Health.Role> working() {
    return views.stream().map(ServedView::working).toList();
  }

  /** Which views have stopped at an event. */
  List<Health.Role> stopped() {
    return views.stream().flatMap(view -> view.stopped().stream()).toList();
  }

  @Override
  public List<Report> reports() {
    return views.stream().flatMap(view -> view.reports().stream()).toList();
  }

  @Override
  public Answer<List<StoppedView>> resume(DomainSchema<?, ?> schema, View view, boolean skip) {
    return new Answer.Found<>(on(schema, view, it -> it.resume(skip)));
  }

  @Override
  public Answer<Integer> rebuild(DomainSchema<?, ?> schema, View view, int eventsPerSecond) {
    return on(schema, view, it -> it.rebuild(eventsPerSecond));
  }

  @Override
  public Answer<Integer> cancel(DomainSchema<?, ?> schema, View view) {
    return on(schema, view, ServedView::cancel);
  }

  private <T> T on(DomainSchema<?, ?> schema, View view, Function<ServedView, T> action) {
    return views.stream()
        .filter(served -> served.is(schema, view))
        .findFirst()
        .map(action)
        .orElseThrow(
            () -> new IllegalArgumentException(schema + " has no view " + view.name() + " here"));
  }

  /** Closes all applications at once: each waits for its own last commit. */
  @Override
  public void close() {
    closing = true;
    follower.interrupt();
    try {
      follower.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<Thread> leaving = views.stream().flatMap(view -> view.closing().stream()).toList();
    for (Thread each : leaving) {
      try {
        each.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    log.close();
  }
}
