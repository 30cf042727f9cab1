package dev.pleat.deploy;

import static java.util.stream.Collectors.joining;

import dev.pleat.interactivequeries.CopyReading;
import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.Listener;
import dev.pleat.interactivequeries.ReplicaApi;
import dev.pleat.interactivequeries.ReplicaApi.Copied;
import dev.pleat.interactivequeries.ViewCopies;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.topology.Domain;
import dev.pleat.topology.ViewIndex;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One running replica: full copies of some views, and the HTTP API that answers from them. It needs
 * the cluster to be made, and to keep up; not to start, nor to answer.
 */
final class Replica implements AutoCloseable {

  private static final long MEMORY_BYTES = 16L * 1024 * 1024;

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final List<ReplicatedView> views = new ArrayList<>();
  private final String url;

  private Replica(ReplicaSettings settings, List<Domain<?, ?, ?>> domains, InstantSource clock) {
    Map<String, Bound> chosen = chosen(settings, domains);
    try {
      if (settings.port() != 0) {
        Port.refuseUnlessFree("--port", settings.host(), settings.port());
      }
      DataDirectory data = opened(DataDirectory.open(settings.dataDir()));
      Listener listener = opened(Listener.open(settings.host(), settings.port()));
      url = Instance.url(settings.host(), listener);
      Instance.loadStateStores(data);
      ReplicatedView.Surroundings surroundings =
          new ReplicatedView.Surroundings(
              settings.bootstrapServers(),
              data.copies(),
              opened(new StoreMemory(MEMORY_BYTES)),
              clock);
      for (Bound each : chosen.values()) {
        views.add(opened(new ReplicatedView(each.copied(), each.index(), surroundings)));
      }
      ReplicaApi http =
          opened(
              new ReplicaApi(
                  new ReplicaApi.Parts(
                      views.stream().map(ReplicatedView::copied).toList(),
                      new Copies(),
                      this::health),
                  listener,
                  clock));
      http.start();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Starts to answer, and to follow the cluster in the background.
   *
   * @param domains all this release knows
   * @throws StartRefused for a reason the operator can mend
   */
  static Replica start(
      ReplicaSettings settings, List<Domain<?, ?, ?>> domains, InstantSource clock) {
    return new Replica(settings, domains, clock);
  }

  /** A view, and what finds its rows. */
  private record Bound(Copied copied, ViewIndex index) {

    static Bound of(Domain<?, ?, ?> domain, View view) {
      return new Bound(new Copied(domain.schema(), view), ViewIndex.of(domain, view));
    }
  }

  private static Map<String, Bound> chosen(
      ReplicaSettings settings, List<Domain<?, ?, ?>> domains) {
    Map<String, Bound> known = new TreeMap<>();
    for (Domain<?, ?, ?> domain : domains) {
      for (View view : domain.schema().views()) {
        Bound bound = Bound.of(domain, view);
        known.put(bound.copied().name(), bound);
      }
    }
    String there = "; there are " + String.join(", ", known.keySet());
    if (settings.views().isEmpty()) {
      throw new StartRefused("--views: say which views are copied" + there);
    }
    String unknown =
        settings.views().stream().filter(name -> !known.containsKey(name)).collect(joining(", "));
    if (!unknown.isEmpty()) {
      throw new StartRefused("--views: there is no " + unknown + there);
    }
    known.keySet().retainAll(settings.views());
    return known;
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  private final class Copies implements ViewCopies {

    @Override
    public Optional<CopyReading> open(DomainSchema<?, ?> schema, View view) {
      return of(schema, view).open();
    }

    @Override
    public String missing(DomainSchema<?, ?> schema, View view) {
      return of(schema, view).missing();
    }

    private ReplicatedView of(DomainSchema<?, ?> schema, View view) {
      return views.stream()
          .filter(each -> each.copied().schema().equals(schema))
          .filter(each -> each.copied().view().name().equals(view.name()))
          .findFirst()
          .orElseThrow();
    }
  }

  private List<Health.Role> health() {
    return views.stream().map(ReplicatedView::role).toList();
  }

  /** Where HTTP is served, for example {@code http://127.0.0.1:8081}. */
  String url() {
    return url;
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      Instance.closeQuietly(opened.pop());
    }
  }
}
