package dev.pleat.deploy;

import dev.pleat.deploy.Generation.State;
import dev.pleat.deploy.SqlGenerations.Made;
import dev.pleat.deploy.SqlGenerations.Position;
import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.ViewOperations;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.Domain;
import dev.pleat.topology.GuardedFold;
import dev.pleat.topology.ViewIndex;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A view as this process keeps it in a database: the generation that is asked, and beside it one
 * that is being built and takes its place once it shows everything the other one does.
 *
 * <p>What generations there are is said by the database, for all processes. One thread calls {@link
 * #step} again and again, with a connection; the rest is safe for use by many threads.
 */
final class SqlServedView implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SqlServedView.class);

  /** So few events are folded while the generation that serves stands still. */
  private static final long FEW = 2_000;

  /** So long the one that serves stands still at most while it is replaced. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private static final long LOOK_NANOS = 5_000_000;
  private static final int DELETED_AT_ONCE = 5_000;

  private final SqlGenerations generations;
  private final GuardedFold fold;
  private final ViewIndex index;
  private final int partitions;
  private final Surroundings surroundings;
  private final Map<Integer, SqlFolder> folders = new ConcurrentHashMap<>();
  private volatile Seen seen = new Seen(List.of(), Map.of());
  private boolean isPrepared;

  /**
   * What all views share.
   *
   * @param kafka how to reach Kafka
   */
  record Surroundings(ViewDatabase database, Map<String, Object> kafka, LogEnds ends) {}

  /** What the last step saw: the generations of this release, and where each is. */
  private record Seen(List<Made> own, Map<Integer, Map<Integer, Position>> at) {

    Optional<Made> serving() {
      return own.stream()
          .filter(each -> each.state() == State.SERVING)
          .reduce((one, later) -> later);
    }

    /** The newest, if it does not serve yet. */
    Optional<Made> building() {
      return own.stream()
          .reduce((one, later) -> later)
          .filter(each -> each.state() == State.BUILDING);
    }

    Map<Integer, Position> at(Made made) {
      return at.getOrDefault(made.number(), Map.of());
    }
  }

  SqlServedView(
      Domain<?, ?, ?> domain, View view, String logId, int partitions, Surroundings surroundings) {
    this.generations = new SqlGenerations(domain.schema(), view, logId);
    this.fold = GuardedFold.of(domain, view);
    this.index = ViewIndex.of(domain, view);
    this.partitions = partitions;
    this.surroundings = surroundings;
  }

  private DomainSchema<?, ?> schema() {
    return generations.schema();
  }

  private String name() {
    return schema().name() + "/" + generations.view().name();
  }

  boolean is(DomainSchema<?, ?> of, View other) {
    return schema().name().equals(of.name()) && generations.view().name().equals(other.name());
  }

  // ---- which generations are folded here

  /**
   * Does what is due.
   *
   * @throws SQLException if the database does not answer; what is folded goes on all the same
   */
  void step(Connection connection) throws SQLException {
    if (!isPrepared) {
      SqlTables.prepare(connection, schema(), generations.view());
      isPrepared = true;
    }
    List<Made> all = generations.all(connection);
    List<Made> own = all.stream().filter(generations::isOwn).toList();
    if (own.isEmpty()) {
      generations.begin(connection, partitions, 0);
      connection.commit();
      all = generations.all(connection);
      own = all.stream().filter(generations::isOwn).toList();
    }
    Map<Integer, Map<Integer, Position>> at = new HashMap<>();
    for (Made each : own) {
      at.put(each.number(), generations.positions(connection, each.number()));
    }
    connection.commit();
    Seen now = new Seen(own, at);
    seen = now;
    run(now);
    if (now.building().isPresent()) {
      follow(connection, now.building().get(), now);
    } else if (now.serving().isPresent()) {
      collect(connection, all, now.serving().get());
    }
  }

  private void run(Seen now) {
    List<Integer> wanted = new ArrayList<>();
    now.serving().ifPresent(serving -> wanted.add(serving.number()));
    now.building().ifPresent(building -> wanted.add(building.number()));
    folders
        .values()
        .removeIf(
            folder -> {
              boolean isLeft = !wanted.contains(folder.generation());
              if (isLeft) {
                folder.close();
              }
              return isLeft;
            });
    for (int number : wanted) {
      folders.computeIfAbsent(number, it -> folder(number, now));
    }
  }

  private SqlFolder folder(int number, Seen now) {
    Pace pace =
        now.serving().isPresent()
            ? now.building()
                .filter(it -> it.number() == number)
                .map(it -> new Pace(Set.of(schema().eventsTopic()), it.eventsPerSecond()))
                .orElseGet(Pace::unlimited)
            : Pace.unlimited();
    return new SqlFolder(
        new SqlFold(generations, number, fold, index),
        surroundings.database(),
        surroundings.kafka(),
        pace);
  }

  // ---- catching up and switching

  private void follow(Connection connection, Made next, Seen now) throws SQLException {
    SqlFolder folder = folders.get(next.number());
    if (folder == null || !folder.leads()) {
      return;
    }
    OptionalLong behind = behind(now.at(next));
    if (behind.isEmpty()) {
      return;
    }
    boolean stopped = now.at(next).values().stream().anyMatch(it -> it.stopped().isPresent());
    if (now.serving().isEmpty()) {
      if (behind.getAsLong() == 0) {
        generations.set(connection, next.number(), State.SERVING);
        connection.commit();
        LOG.info("{}: generation {} serves", name(), next.number());
      }
    } else if (!stopped && behind.getAsLong() <= FEW) {
      // It lacks what comes after an event at which it stopped: then an operator has to decide.
      folder.pace().lift();
      takeOver(connection, now.serving().get(), next);
    }
  }

  /** How many events are not folded yet, but for those after one at which it stopped. */
  private OptionalLong behind(Map<Integer, Position> at) {
    Optional<Map<TopicPartition, Long>> ends =
        surroundings.ends().of(Set.of(schema().eventsTopic()));
    if (ends.isEmpty() || !at.keySet().equals(partitionsOf(ends.get()))) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        ends.get().entrySet().stream()
            .mapToLong(
                end -> {
                  Position position = at.get(end.getKey().partition());
                  return position == null || position.stopped().isPresent()
                      ? 0
                      : Math.max(0, end.getValue() - position.next());
                })
            .sum());
  }

  private static Set<Integer> partitionsOf(Map<TopicPartition, Long> ends) {
    return Set.copyOf(ends.keySet().stream().map(TopicPartition::partition).toList());
  }

  /** The one that serves stands still until the other one has passed it: no answer gets older. */
  private void takeOver(Connection connection, Made serving, Made next) throws SQLException {
    Map<Integer, Position> old = generations.locked(connection, serving.number());
    long deadline = System.nanoTime() + LONGEST_PAUSE.toNanos();
    while (!hasPassed(generations.positions(connection, next.number()), old)) {
      if (System.nanoTime() - deadline > 0) {
        connection.rollback();
        LOG.warn("{} does not catch up with what it replaces; tried again", name());
        return;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    generations.set(connection, next.number(), State.SERVING);
    connection.commit();
    LOG.info("{}: generation {} serves", name(), next.number());
  }

  private static boolean hasPassed(Map<Integer, Position> next, Map<Integer, Position> old) {
    return old.entrySet().stream()
        .allMatch(
            each -> {
              Position at = next.get(each.getKey());
              return at != null && at.next() >= each.getValue().next();
            });
  }

  /** Deletes a little of what nobody needs any more, one generation at a time. */
  private void collect(Connection connection, List<Made> all, Made serving) throws SQLException {
    for (Made each : all) {
      if ((each.state() == State.DROPPED || SqlGenerations.replaces(serving, each))
          && each.number() != serving.number()) {
        boolean isGone = generations.delete(connection, each.number(), DELETED_AT_ONCE);
        connection.commit();
        if (!isGone) {
          return;
        }
      }
    }
  }

  // ---- what operators ask and do

  /** Whether it can be asked at all, and whether it is folded. */
  Health.Role working(Optional<String> noDatabase) {
    Optional<String> trouble = noDatabase.or(this::trouble);
    return new Health.Role("view " + name(), trouble.isEmpty(), trouble);
  }

  private Optional<String> trouble() {
    Seen now = seen;
    if (now.serving().isEmpty()) {
      return Optional.of("it is being made from the events, in a database");
    }
    return folding(now.serving().get()).flatMap(SqlFolder::trouble);
  }

  private Optional<SqlFolder> folding(Made made) {
    return Optional.ofNullable(folders.get(made.number()));
  }

  /** Where the one that is asked has stopped. */
  Optional<Health.Role> stopped() {
    Seen now = seen;
    return now.serving().stream()
        .flatMap(serving -> now.at(serving).values().stream())
        .flatMap(position -> position.stopped().stream())
        .map(
            mark ->
                "the view "
                    + generations.view().name()
                    + " stopped at "
                    + mark.on(schema().eventsTopic()))
        .reduce((one, other) -> one + "; " + other)
        .map(why -> new Health.Role("fold " + name(), false, Optional.of(why)));
  }

  List<ViewOperations.Report> reports(Optional<String> noDatabase) {
    Seen now = seen;
    Map<TopicPartition, Long> ends =
        surroundings.ends().of(Set.of(schema().eventsTopic())).orElse(Map.of());
    List<ViewOperations.Report> reports = new ArrayList<>();
    for (Made made : now.own()) {
      boolean serves = now.serving().filter(made::equals).isPresent();
      if (!serves && now.building().filter(made::equals).isEmpty()) {
        continue;
      }
      List<ViewOperations.Part> parts = new ArrayList<>();
      now.at(made)
          .forEach(
              (partition, position) ->
                  parts.add(
                      new ViewOperations.Part(
                          schema().eventsTopic(),
                          partition,
                          OptionalLong.of(position.next()),
                          Optional.ofNullable(
                                  ends.get(new TopicPartition(schema().eventsTopic(), partition)))
                              .map(OptionalLong::of)
                              .orElse(OptionalLong.empty()),
                          position.stopped())));
      reports.add(
          new ViewOperations.Report(
              schema().name(),
              generations.view().name(),
              made.version(),
              made.number(),
              serves ? ViewOperations.Status.SERVING : ViewOperations.Status.BUILDING,
              serves ? 0 : made.eventsPerSecond(),
              noDatabase.or(() -> folding(made).flatMap(SqlFolder::trouble)),
              parts));
    }
    return reports;
  }

  List<StoppedView> resume(Connection connection, boolean skip) throws SQLException {
    List<StoppedView> resumed = new ArrayList<>();
    for (Made made : generations.all(connection).stream().filter(generations::isOwn).toList()) {
      resumed.addAll(
          generations.resume(connection, made.number(), skip ? SqlFold.SKIP : SqlFold.CONTINUE));
    }
    connection.commit();
    return resumed;
  }

  Answer<Integer> rebuild(Connection connection, int eventsPerSecond) throws SQLException {
    Seen now = new Seen(ownNow(connection), Map.of());
    if (now.serving().isEmpty() || now.building().isPresent()) {
      return new Answer.NotFound<>();
    }
    int number = generations.begin(connection, partitions, eventsPerSecond);
    connection.commit();
    return new Answer.Found<>(number);
  }

  Answer<Integer> cancel(Connection connection) throws SQLException {
    Seen now = new Seen(ownNow(connection), Map.of());
    if (now.serving().isEmpty() || now.building().isEmpty()) {
      return new Answer.NotFound<>();
    }
    int number = now.building().get().number();
    generations.set(connection, number, State.DROPPED);
    connection.commit();
    return new Answer.Found<>(number);
  }

  private List<Made> ownNow(Connection connection) throws SQLException {
    return generations.all(connection).stream().filter(generations::isOwn).toList();
  }

  /** Called once nobody steps any more. */
  @Override
  public void close() {
    folders.values().forEach(SqlFolder::close);
  }
}
