package dev.pleat.deploy;

import dev.pleat.deploy.Generation.State;
import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.Domain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A view as this process serves it: the generation that is asked, and beside it one that is being
 * built and takes its place once it shows everything the other one does.
 *
 * <p>{@link #begin} is called first; then one thread calls {@link #step} again and again; the rest
 * is safe for use by many threads.
 */
final class ServedView {

  private static final Logger LOG = LoggerFactory.getLogger(ServedView.class);

  /** A new generation takes over when it could catch up this fast. */
  private static final Duration SHORT = Duration.ofSeconds(2);

  /** So long the one that serves stands still at most while it is replaced. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private static final Duration COLLECTION_PAUSE = Duration.ofSeconds(10);

  private final Domain<?, ?, ?> domain;
  private final DomainSchema<?, ?> schema;
  private final View view;
  private final Map<String, Integer> logs;
  private final GenerationLog log;
  private final GenerationRemoval removal;
  private final RunningGeneration.Surroundings surroundings;

  private volatile Optional<RunningGeneration> serving = Optional.empty();
  private volatile Optional<RunningGeneration> building = Optional.empty();
  private volatile int percent;

  /** The one that served, and the application of it that stands still for the switch. */
  private Optional<KafkaStreams> paused = Optional.empty();

  /** A catching up, and the application it watches. */
  private record Watched(ApplicationPositions positions, CatchUp catchUp) {}

  private Optional<Watched> watched = Optional.empty();

  /** Being closed for good, on threads of their own. */
  private final ConcurrentLinkedQueue<Thread> leaving = new ConcurrentLinkedQueue<>();

  private volatile boolean collect = true;
  private volatile long collectAt = System.nanoTime() + COLLECTION_PAUSE.toNanos();

  ServedView(
      Domain<?, ?, ?> domain,
      View view,
      GenerationLog log,
      GenerationRemoval removal,
      RunningGeneration.Surroundings surroundings) {
    this.domain = domain;
    this.schema = domain.schema();
    this.view = view;
    this.logs = Generation.logs(schema, view);
    this.log = log;
    this.removal = removal;
    this.surroundings = surroundings;
  }

  private String name() {
    return schema.name() + "/" + view.name();
  }

  /** The domain and the view. */
  boolean is(DomainSchema<?, ?> of, View other) {
    return schema.name().equals(of.name()) && view.name().equals(other.name());
  }

  /** The application that is asked now; empty until there is one with rows worth asking for. */
  Optional<StreamsRole> asked() {
    return serving.map(RunningGeneration::role);
  }

  /** The rows of a partition, if those of the generation that is asked are open here. */
  Optional<ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>>> open(int partition) {
    return serving.flatMap(it -> it.open().of(partition));
  }

  private Stream<RunningGeneration> running() {
    return Stream.concat(serving.stream(), building.stream());
  }

  /** Closes what runs here; the threads that do it. Called once nobody steps any more. */
  List<Thread> closing() {
    return Stream.concat(
            leaving.stream(),
            running().map(it -> Thread.ofPlatform().start(() -> it.role().close())))
        .toList();
  }

  // ---- which generations run here

  /** Of the version that this release declares and the logs that serve, oldest first. */
  private List<Generation> own() {
    return log.of(schema, view).stream()
        .filter(each -> each.version() == view.version() && each.logs().equals(logs))
        .filter(each -> each.state() != State.DROPPED)
        .toList();
  }

  /** Starts what the log says; the first generation of a version is begun here. */
  void begin() {
    List<Generation> own = own();
    while (own.isEmpty()) {
      log.write(schema, fresh(0));
      own = own();
    }
    own.stream()
        .filter(each -> each.state() == State.SERVING)
        .reduce((one, later) -> later)
        .ifPresent(
            each ->
                serving = Optional.of(RunningGeneration.serving(domain, view, each, surroundings)));
    adopt();
  }

  private Generation fresh(int eventsPerSecond) {
    int last = log.of(schema, view).stream().mapToInt(Generation::number).max().orElse(0);
    return new Generation(
        view.name(), last + 1, view.version(), State.BUILDING, eventsPerSecond, logs);
  }

  /** Runs the newest generation of this version, and none that was dropped. */
  private void adopt() {
    int served = serving.map(it -> it.generation().number()).orElse(0);
    List<Generation> own = own();
    Optional<Generation> target =
        own.isEmpty() ? Optional.empty() : Optional.of(own.get(own.size() - 1));
    target = target.filter(it -> it.number() > served);
    Optional<Integer> wanted = target.map(Generation::number);
    if (building.isPresent() && !building.map(it -> it.generation().number()).equals(wanted)) {
      RunningGeneration dropped = building.get();
      goOn();
      building = Optional.empty();
      leave(dropped);
    }
    if (building.isEmpty() && target.isPresent()) {
      percent = 0;
      building =
          Optional.of(
              RunningGeneration.building(
                  domain, view, target.get(), serving.isPresent(), surroundings));
    }
  }

  private void leave(RunningGeneration old) {
    leaving.removeIf(thread -> !thread.isAlive());
    leaving.add(
        Thread.ofPlatform()
            .name("leave-" + name())
            .daemon(true)
            .start(
                () -> {
                  old.role().retire();
                  collectAt = System.nanoTime();
                  collect = true;
                }));
  }

  // ---- catching up and switching

  /**
   * Does what is due.
   *
   * @return whether more will be due very soon
   */
  boolean step() {
    adopt();
    boolean soon = building.map(this::follow).orElse(false);
    if (collect && System.nanoTime() - collectAt > 0) {
      collect();
    }
    return soon;
  }

  private boolean follow(RunningGeneration next) {
    if (paused.isPresent() && !paused.equals(serving.flatMap(it -> it.role().running()))) {
      // It was started again, and goes on.
      goOn();
    }
    Optional<ApplicationPositions> positions = next.role().positions();
    if (positions.isEmpty() || next.role().trouble().isPresent()) {
      goOn();
      return serving.isEmpty();
    }
    if (watched.filter(it -> it.positions() == positions.get()).isEmpty()) {
      goOn();
      watch(positions.get());
    }
    CatchUp catchUp = watched.orElseThrow().catchUp();
    boolean arrived = catchUp.hasArrived();
    percent = catchUp.percent();
    if (!arrived) {
      if (paused.isPresent() && catchUp.took().compareTo(LONGEST_PAUSE) > 0) {
        LOG.warn("{} does not catch up with what it replaces; tried again", name());
        goOn();
      }
    } else if (paused.isPresent() || (serving.isEmpty() && !next.isInBulk())) {
      takeOver(next);
    } else if (catchUp.took().compareTo(SHORT) > 0) {
      next.pace().lift();
      watch(positions.get());
    } else if (next.isInBulk()) {
      goOn();
      next.role().close();
      building =
          Optional.of(RunningGeneration.serving(domain, view, next.generation(), surroundings));
    } else if (next.marks().isEmpty()) {
      paused = serving.flatMap(it -> it.role().running());
      paused.ifPresent(KafkaStreams::pause);
      // What it processed before it stood still lies before the ends that are taken now.
      watch(positions.get());
    } else {
      // It lacks what comes after the event at which it stopped: an operator has to decide.
      watched = Optional.empty();
    }
    return paused.isPresent() || (serving.isEmpty() && catchUp.took().compareTo(SHORT) < 0);
  }

  private void watch(ApplicationPositions positions) {
    watched =
        Optional.of(
            new Watched(
                positions, new CatchUp(positions, RunningGeneration.eventsTopics(schema, view))));
  }

  /** The one that serves goes on, and nobody takes its place just now. */
  private void goOn() {
    paused.ifPresent(
        streams -> {
          if (streams.state().isRunningOrRebalancing()) {
            streams.resume();
          }
        });
    paused = Optional.empty();
    watched = Optional.empty();
  }

  private void takeOver(RunningGeneration next) {
    try {
      // Before anybody sees its rows: after a crash the older ones must not come back.
      log.write(schema, next.generation().in(State.SERVING));
    } catch (GenerationLog.Unwritten e) {
      LOG.warn("{} cannot take over now", name(), e);
      goOn();
      return;
    }
    Optional<RunningGeneration> old = serving;
    next.pace().lift();
    serving = Optional.of(next);
    building = Optional.empty();
    paused = Optional.empty();
    watched = Optional.empty();
    old.ifPresent(
        replaced -> {
          LOG.info("{}: generation {} serves", name(), next.generation().number());
          leave(replaced);
        });
  }

  // ---- what nobody needs any more

  private void collect() {
    collect = false;
    collectAt = System.nanoTime() + COLLECTION_PAUSE.toNanos();
    for (Generation each : log.of(schema, view)) {
      boolean here = running().anyMatch(it -> it.generation().number() == each.number());
      boolean dropped = each.state() == State.DROPPED;
      if (!here && (dropped || isReplaced(each))) {
        if (!removal.remove(each.applicationId(schema, view))) {
          collect = true;
        } else if (!dropped) {
          log.write(schema, each.in(State.DROPPED));
        }
      }
    }
  }

  private boolean isReplaced(Generation other) {
    return serving.map(RunningGeneration::generation).filter(it -> it.replaces(other)).isPresent();
  }

  // ---- what operators ask and do

  /** Whether it can be asked at all, and why not. */
  Health.Role working() {
    Optional<String> trouble = trouble();
    return new Health.Role("view " + name(), trouble.isEmpty(), trouble);
  }

  /** Where the one that is asked has stopped. */
  Optional<Health.Role> stopped() {
    return serving
        .flatMap(RunningGeneration::stopped)
        .map(why -> new Health.Role("fold " + name(), false, Optional.of(why)));
  }

  private Optional<String> trouble() {
    Optional<RunningGeneration> now = serving;
    return now.isPresent()
        ? now.get().role().trouble()
        : Optional.of(
            building
                .flatMap(it -> it.role().trouble())
                .orElseGet(() -> "it is being made from the events, " + percent + " % done"));
  }

  List<ViewOperations.Report> reports() {
    List<ViewOperations.Report> reports = new ArrayList<>();
    Optional<RunningGeneration> now = serving;
    Optional<RunningGeneration> next = building;
    for (Generation each : log.of(schema, view)) {
      if (now.isPresent() && now.get().generation().number() == each.number()) {
        reports.add(report(now.get(), ViewOperations.Status.SERVING));
      } else if (next.isPresent() && next.get().generation().number() == each.number()) {
        reports.add(report(next.get(), ViewOperations.Status.BUILDING));
      } else if (each.state() != State.DROPPED) {
        reports.add(
            new ViewOperations.Report(
                schema.name(),
                view.name(),
                each.version(),
                each.number(),
                ViewOperations.Status.NOT_HERE,
                0,
                Optional.empty(),
                List.of()));
      }
    }
    return reports;
  }

  private ViewOperations.Report report(RunningGeneration running, ViewOperations.Status status) {
    return new ViewOperations.Report(
        schema.name(),
        view.name(),
        running.generation().version(),
        running.generation().number(),
        status,
        status == ViewOperations.Status.BUILDING ? running.generation().eventsPerSecond() : 0,
        running.role().trouble(),
        running.parts());
  }

  List<StoppedView> resume(boolean skip) {
    return running().flatMap(it -> it.resume(skip).stream()).toList();
  }

  Answer<Integer> rebuild(int eventsPerSecond) {
    if (serving.isEmpty() || hasNewer()) {
      return new Answer.NotFound<>();
    }
    try {
      Generation wanted = fresh(eventsPerSecond);
      Generation counts = log.write(schema, wanted);
      return counts.isLike(wanted)
          ? new Answer.Found<>(counts.number())
          : new Answer.Unavailable<>(
              Answer.NOT_NOW, "another process began one at the same time: look at pleat views");
    } catch (GenerationLog.Unwritten e) {
      return new Answer.Unavailable<>(Answer.NOT_NOW, String.valueOf(e.getMessage()));
    }
  }

  private boolean hasNewer() {
    int served = serving.map(it -> it.generation().number()).orElse(0);
    return own().stream().anyMatch(each -> each.number() > served);
  }

  Answer<Integer> cancel() {
    int served = serving.map(it -> it.generation().number()).orElse(0);
    List<Generation> newer =
        own().stream()
            .filter(each -> each.number() > served && each.state() == State.BUILDING)
            .toList();
    if (served == 0 || newer.isEmpty()) {
      return new Answer.NotFound<>();
    }
    Generation last = newer.get(newer.size() - 1);
    try {
      for (Generation each : newer) {
        log.write(schema, each.in(State.DROPPED));
      }
      return new Answer.Found<>(last.number());
    } catch (GenerationLog.Unwritten e) {
      return new Answer.Unavailable<>(Answer.NOT_NOW, String.valueOf(e.getMessage()));
    }
  }
}
