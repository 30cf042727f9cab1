package dev.pleat.deploy;

import dev.pleat.deploy.LogTopics.Decided;
import dev.pleat.interactivequeries.LogOperations.Comparing;
import dev.pleat.interactivequeries.LogOperations.Difference;
import dev.pleat.interactivequeries.LogOperations.Different;
import dev.pleat.interactivequeries.LogOperations.Identical;
import dev.pleat.interactivequeries.LogOperations.Rebuilding;
import dev.pleat.interactivequeries.LogOperations.State;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.CommandTopology;
import dev.pleat.topology.Domain;
import dev.pleat.topology.InputLog;
import dev.pleat.topology.MemoryLimits;
import java.io.Serial;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * One rebuild of a log: decides all commands into another generation, and compares that with the
 * live one. It reads the live topics and the offsets of the live group, and writes to none of them.
 * Run by one thread.
 */
final class LogRebuildRun {

  /*
   * How it works
   *
   * Deciding is a pure function of the commands in their order: ids are names, times are those of
   * the log, and nothing else is asked. So the same topology under another application id, from the
   * first command on, writes the same bytes, if the rules are the same.
   *
   * Where to stop. The live log grows meanwhile. What is to be reached is taken like this: first
   * where the committed events end, then up to where commands are decided. So all events before
   * that end came of commands before those positions. Once they are reached it is looked again,
   * until little is left; the pace stays. Then the application is stopped, and whatever it has
   * decided more than the live one is waited for. So what is compared is whole on both sides: each
   * rebuilt event must be in the live log in its place, and each live one before that end in the
   * rebuilt log.
   */

  private static final Duration PAUSE = Duration.ofMillis(100);

  /** What was decided meanwhile is small when it took no longer to reach than this. */
  private static final Duration SHORT = Duration.ofSeconds(2);

  /** At a pace below that of the live log nothing would ever be small. */
  private static final int MOST_ROUNDS = 10;

  private static final Duration LONGEST_STAND = Duration.ofSeconds(60);

  /** Two logs are read for each command decided, and that takes so much less. */
  private static final int READ_PER_DECIDED = 20;

  private final Domain<?, ?, ?> domain;
  private final DomainSchema<?, ?> schema;
  private final InputLog commands;
  private final LogTopics topics;
  private final StreamsSettings streams;
  private final LogEnds ends;
  private final LogGeneration generation;
  private final int commandsPerSecond;
  private final CountDownLatch ended;
  private final Consumer<State> now;

  /** Thrown where a rebuild was given up. */
  static final class Ended extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;
  }

  /**
   * What every rebuild of a domain's log needs.
   *
   * @param commands the topic of the commands
   */
  record Surroundings(
      Domain<?, ?, ?> domain,
      InputLog commands,
      LogTopics topics,
      StreamsSettings streams,
      LogEnds ends) {}

  /**
   * One that is not begun yet.
   *
   * @param commandsPerSecond the most that are decided a second; 0 for as many as it can
   * @param ended open until it is given up
   * @param now is told how far it is
   */
  LogRebuildRun(
      Surroundings surroundings,
      LogGeneration generation,
      int commandsPerSecond,
      CountDownLatch ended,
      Consumer<State> now) {
    this.domain = surroundings.domain();
    this.schema = domain.schema();
    this.commands = surroundings.commands();
    this.topics = surroundings.topics();
    this.streams = surroundings.streams();
    this.ends = surroundings.ends();
    this.generation = generation;
    this.commandsPerSecond = commandsPerSecond;
    this.ended = ended;
    this.now = now;
  }

  /**
   * Decides all commands again, and compares.
   *
   * @return the result
   * @throws Ended if it is given up
   * @throws IllegalStateException if there is no result; says why
   */
  State run() {
    Decided reached = decideAgain();
    awaitLive(topics.committed(generation.applicationId()));
    Optional<String> missing = topics.missingCommands();
    if (missing.isPresent()) {
      throw new IllegalStateException(missing.get());
    }
    // From here on nothing runs, and other processes leave it alone.
    topics.noteDecided(generation, domain.decider().stateVersion());
    Pace pace =
        new Pace(
            Set.of(
                schema.eventsTopic(),
                schema.outcomesTopic(),
                generation.topics().events(),
                generation.topics().outcomes()),
            commandsPerSecond * READ_PER_DECIDED);
    try (LogComparison comparison =
        new LogComparison(streams.connection(), topics, generation, pace, progress())) {
      comparison.run(reached.eventEnds());
      Optional<Difference> first = comparison.first();
      if (first.isEmpty()) {
        return new Identical(generation.number(), comparison.events(), comparison.outcomes());
      }
      topics.noteDifferent(generation);
      return new Different(
          generation.number(), comparison.events(), comparison.outcomes(), first.get());
    }
  }

  private LongConsumer progress() {
    long all =
        sum(topics.ends(generation.topics().events()))
            + sum(topics.ends(generation.topics().outcomes()));
    long[] done = {0};
    return offsets -> {
      pause(Duration.ZERO);
      done[0] += offsets;
      now.accept(new Comparing(generation.number(), done[0], all));
    };
  }

  private static long sum(Map<?, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }

  private void pause(Duration time) {
    try {
      if (ended.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new Ended();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Ended();
    }
  }

  // ---- deciding

  /** Runs the application; when this returns it is stopped and has reached what is returned. */
  private Decided decideAgain() {
    Pace pace = new Pace(Set.of(schema.commandsTopic()), commandsPerSecond);
    StreamsRole role =
        StreamsRole.start(
            "rebuild log " + schema.name() + " g" + generation.number(),
            waiting ->
                CommandTopology.of(domain, commands, MemoryLimits.DEFAULT, generation.topics()),
            StreamsSettings.atPace(pace, streams.deciding(generation.applicationId())),
            Optional.of(new StreamsRole.Tracking(ends, pace)));
    try {
      return followed(role);
    } finally {
      role.retire();
    }
  }

  private Decided followed(StreamsRole role) {
    Decided target = topics.decided();
    int rounds = 1;
    long taken = System.nanoTime();
    long before = -1;
    long movedAt = taken;
    while (true) {
      long position = position(role, target);
      now.accept(new Rebuilding(generation.number(), position, target.all(), commandsPerSecond));
      long time = System.nanoTime();
      if (position >= target.all()) {
        if (rounds == MOST_ROUNDS || time - taken < SHORT.toNanos()) {
          return target;
        }
        rounds++;
        target = topics.decided();
        taken = time;
      }
      if (position > before) {
        before = position;
        movedAt = time;
      } else if (time - movedAt > LONGEST_STAND.toNanos()) {
        throw new IllegalStateException(
            "it got no further for %d s, at %d of %d: %s"
                .formatted(
                    LONGEST_STAND.toSeconds(),
                    position,
                    target.all(),
                    role.trouble().orElse("its thread runs; look at the log of this process")));
      }
      pause(PAUSE);
    }
  }

  /** How much of the target is decided. */
  private long position(StreamsRole role, Decided target) {
    long sum = 0;
    for (Map.Entry<Integer, Long> each : target.commands().entrySet()) {
      TopicPartition partition = new TopicPartition(schema.commandsTopic(), each.getKey());
      sum +=
          Math.min(
              each.getValue(), role.positions().map(it -> it.done(partition).orElse(0)).orElse(0L));
    }
    return sum;
  }

  /** Waits until the live application has decided all that the other one has. */
  private void awaitLive(Map<TopicPartition, Long> rebuilt) {
    String group = CommandTopology.applicationId(schema);
    long deadline = System.nanoTime() + LONGEST_STAND.toNanos();
    while (true) {
      Map<TopicPartition, Long> live = topics.committed(group);
      Map<TopicPartition, Long> ahead = new HashMap<>(rebuilt);
      ahead.entrySet().removeIf(each -> live.getOrDefault(each.getKey(), 0L) >= each.getValue());
      if (ahead.isEmpty() || CommittedRecords.none(streams.connection(), live, ahead)) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the live application has not decided the commands of %s for %d s; look at"
                    .formatted(ahead.keySet(), LONGEST_STAND.toSeconds())
                + " /health/ready");
      }
      pause(PAUSE);
    }
  }
}
