package dev.pleat.deploy;

import dev.pleat.deploy.LogTopics.Decided;
import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.LogOperations;
import dev.pleat.interactivequeries.LogOperations.Comparing;
import dev.pleat.interactivequeries.LogOperations.Difference;
import dev.pleat.interactivequeries.LogOperations.Different;
import dev.pleat.interactivequeries.LogOperations.Failed;
import dev.pleat.interactivequeries.LogOperations.Identical;
import dev.pleat.interactivequeries.LogOperations.None;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rebuild of one domain's events log: all commands are decided again, beside the application
 * that decides, into topics of their own, and what comes of them is compared with the live log. One
 * at a time. Safe for use by many threads.
 *
 * <p>It reads the live topics and the live group's offsets, and writes to none of them.
 */
final class LogRebuild {

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

  private static final Logger LOG = LoggerFactory.getLogger(LogRebuild.class);

  private static final Duration PAUSE = Duration.ofMillis(100);

  /** What was decided meanwhile is small when it took no longer to reach than this. */
  private static final Duration SHORT = Duration.ofSeconds(2);

  /** At a pace below that of the live log nothing would ever be small. */
  private static final int MOST_ROUNDS = 10;

  private static final Duration LONGEST_STAND = Duration.ofSeconds(60);

  /** Two logs are read for each command decided, and that takes so much less. */
  private static final int READ_PER_DECIDED = 20;

  private static final int REMOVAL_TRIES = 10;
  private static final Duration REMOVAL_PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

  private final Domain<?, ?, ?> domain;
  private final DomainSchema<?, ?> schema;
  private final InputLog commands;
  private final LogTopics topics;
  private final StreamsSettings streams;
  private final LogEnds ends;

  private volatile State state = new None();
  private Optional<Running> running = Optional.empty();
  private int last = LogGeneration.FIRST - 1;

  /** One that is under way, and how it is ended. */
  private record Running(
      LogGeneration generation, int commandsPerSecond, Thread thread, CountDownLatch ended) {

    boolean isAlive() {
      return thread.isAlive();
    }
  }

  /** Thrown where a rebuild was given up. */
  private static final class Ended extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;
  }

  /**
   * Of one domain.
   *
   * @param commands the topic of its commands
   */
  LogRebuild(
      Domain<?, ?, ?> domain,
      InputLog commands,
      LogTopics topics,
      StreamsSettings streams,
      LogEnds ends) {
    this.domain = domain;
    this.schema = domain.schema();
    this.commands = commands;
    this.topics = topics;
    this.streams = streams;
    this.ends = ends;
  }

  // ---- what operators ask and do

  State state() {
    return state;
  }

  synchronized Answer<Integer> begin(int commandsPerSecond) {
    if (running.filter(Running::isAlive).isPresent()) {
      return new Answer.NotFound<>();
    }
    try {
      Optional<String> missing = topics.missingCommands();
      if (missing.isPresent()) {
        return new Answer.Unavailable<>(LogOperations.COMMANDS_INCOMPLETE, missing.get());
      }
      Optional<LogGeneration> inTheWay = firstThatStays(topics.generations());
      if (inTheWay.isPresent()) {
        return new Answer.Unavailable<>(Answer.NOT_NOW, elsewhere(inTheWay.get()));
      }
      LogGeneration next = new LogGeneration(schema, last + 1);
      topics.create(next);
      last = next.number();
      start(next, commandsPerSecond);
      return new Answer.Found<>(next.number());
    } catch (TopicExistsException e) {
      return new Answer.Unavailable<>(
          Answer.NOT_NOW, "another process began a rebuild at the same time");
    } catch (KafkaException | IllegalStateException | StartRefused e) {
      return unreachable(e);
    }
  }

  private static Answer<Integer> unreachable(RuntimeException e) {
    LOG.warn("the rebuild of a log cannot be begun or given up now", e);
    return new Answer.Unavailable<>(Answer.NOT_NOW, String.valueOf(e.getMessage()));
  }

  private static String elsewhere(LogGeneration generation) {
    return "generation "
        + generation.number()
        + " is being made by another process, or was until a moment ago; ask that process, or try"
        + " again in some seconds";
  }

  /** Deletes these, and notes their numbers; one that somebody runs stays. */
  private Optional<LogGeneration> firstThatStays(List<LogGeneration> generations) {
    for (LogGeneration each : generations) {
      last = Math.max(last, each.number());
      if (!topics.delete(each)) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private void start(LogGeneration generation, int commandsPerSecond) {
    CountDownLatch ended = new CountDownLatch(1);
    state = new Rebuilding(generation.number(), 0, 0, commandsPerSecond);
    Thread thread =
        Thread.ofPlatform()
            .name("rebuild-log-" + schema.name())
            .daemon(true)
            .unstarted(() -> run(generation, commandsPerSecond, ended));
    running = Optional.of(new Running(generation, commandsPerSecond, thread, ended));
    thread.start();
  }

  synchronized Answer<Integer> cancel() {
    Optional<Running> now = running.filter(Running::isAlive);
    try {
      if (now.isPresent()) {
        end(now.get());
        state = new None();
        return new Answer.Found<>(now.get().generation().number());
      }
      List<LogGeneration> left = topics.generations();
      Optional<LogGeneration> inTheWay = firstThatStays(left);
      if (inTheWay.isPresent()) {
        return new Answer.Unavailable<>(Answer.NOT_NOW, elsewhere(inTheWay.get()));
      }
      boolean isKnown = !(state instanceof None);
      state = new None();
      return left.isEmpty() && !isKnown ? new Answer.NotFound<>() : new Answer.Found<>(last);
    } catch (KafkaException | IllegalStateException e) {
      return unreachable(e);
    }
  }

  private static void end(Running run) {
    run.ended().countDown();
    try {
      run.thread().join(CLOSE_PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives up what is under way, and deletes it; what is done and left to be looked at stays. */
  synchronized void close() {
    running.filter(Running::isAlive).ifPresent(LogRebuild::end);
  }

  /**
   * Deletes what a process that is gone had begun and not ended.
   *
   * @return whether nothing of the kind is left
   */
  synchronized boolean discardUnfinished() {
    if (running.isPresent()) {
      // Whoever began it has done so.
      return true;
    }
    List<LogGeneration> unfinished =
        topics.generations().stream().filter(topics::isUnfinished).toList();
    return firstThatStays(unfinished).isEmpty();
  }

  // ---- the run

  private void run(LogGeneration generation, int commandsPerSecond, CountDownLatch ended) {
    LOG.info("{}: all commands are decided again, into generation {}", schema, generation.number());
    State result;
    try {
      result = rebuilt(generation, commandsPerSecond, ended);
    } catch (Ended e) {
      result = new None();
    } catch (RuntimeException e) {
      LOG.warn("{}: the rebuild of the log failed", schema, e);
      result = new Failed(generation.number(), String.valueOf(e.getMessage()));
    }
    // A different log is kept, so that it can be looked at; an identical one is there already.
    if (!(result instanceof Different)) {
      remove(generation);
    }
    LOG.info("{}: the rebuild of the log ended: {}", schema, result);
    state = result;
  }

  private void remove(LogGeneration generation) {
    try {
      for (int i = 0; i < REMOVAL_TRIES && !topics.delete(generation); i++) {
        Thread.sleep(REMOVAL_PAUSE);
      }
    } catch (KafkaException | IllegalStateException e) {
      LOG.warn("{}: generation {} is deleted with the next one", schema, generation.number(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private State rebuilt(LogGeneration generation, int commandsPerSecond, CountDownLatch ended) {
    Decided reached = decideAgain(generation, commandsPerSecond, ended);
    awaitLive(topics.committed(generation.applicationId()), ended);
    // From here on nothing runs: what is left after a crash is only what came of the commands.
    topics.deleteApplication(generation);
    Optional<String> missing = topics.missingCommands();
    if (missing.isPresent()) {
      throw new IllegalStateException(missing.get());
    }
    Pace pace =
        new Pace(
            Set.of(
                schema.eventsTopic(),
                schema.outcomesTopic(),
                generation.topics().events(),
                generation.topics().outcomes()),
            commandsPerSecond * READ_PER_DECIDED);
    try (LogComparison comparison =
        new LogComparison(
            streams.connection(), topics, generation, pace, progress(generation, ended))) {
      comparison.run(reached.eventEnds());
      Optional<Difference> first = comparison.first();
      return first.isEmpty()
          ? new Identical(generation.number(), comparison.events(), comparison.outcomes())
          : new Different(
              generation.number(), comparison.events(), comparison.outcomes(), first.get());
    }
  }

  private LongConsumer progress(LogGeneration generation, CountDownLatch ended) {
    long all =
        sum(topics.ends(generation.topics().events()))
            + sum(topics.ends(generation.topics().outcomes()));
    long[] done = {0};
    return offsets -> {
      pause(Duration.ZERO, ended);
      done[0] += offsets;
      state = new Comparing(generation.number(), done[0], all);
    };
  }

  private static long sum(Map<?, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }

  private static void pause(Duration time, CountDownLatch ended) {
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
  private Decided decideAgain(
      LogGeneration generation, int commandsPerSecond, CountDownLatch ended) {
    Pace pace = new Pace(Set.of(schema.commandsTopic()), commandsPerSecond);
    StreamsRole role =
        StreamsRole.start(
            "rebuild log " + schema.name() + " g" + generation.number(),
            waiting ->
                CommandTopology.of(domain, commands, MemoryLimits.DEFAULT, generation.topics()),
            StreamsSettings.atPace(pace, streams.deciding(generation.applicationId())),
            Optional.of(new StreamsRole.Tracking(ends, pace)));
    try {
      return followed(role, generation, commandsPerSecond, ended);
    } finally {
      role.retire();
    }
  }

  private Decided followed(
      StreamsRole role, LogGeneration generation, int commandsPerSecond, CountDownLatch ended) {
    Decided target = topics.decided();
    int rounds = 1;
    long taken = System.nanoTime();
    long before = -1;
    long movedAt = taken;
    while (true) {
      long position = position(role, target);
      state = new Rebuilding(generation.number(), position, target.all(), commandsPerSecond);
      long now = System.nanoTime();
      if (position >= target.all()) {
        if (rounds == MOST_ROUNDS || now - taken < SHORT.toNanos()) {
          return target;
        }
        rounds++;
        target = topics.decided();
        taken = now;
      }
      if (position > before) {
        before = position;
        movedAt = now;
      } else if (now - movedAt > LONGEST_STAND.toNanos()) {
        throw new IllegalStateException(
            "it got no further for %d s, at %d of %d: %s"
                .formatted(
                    LONGEST_STAND.toSeconds(),
                    position,
                    target.all(),
                    role.trouble().orElse("its thread runs; look at the log of this process")));
      }
      pause(PAUSE, ended);
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
  private void awaitLive(Map<TopicPartition, Long> rebuilt, CountDownLatch ended) {
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
                    .formatted(new HashSet<>(ahead.keySet()), LONGEST_STAND.toSeconds())
                + " /health/ready");
      }
      pause(PAUSE, ended);
    }
  }
}
