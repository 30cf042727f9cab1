package dev.pleat.deploy;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.LogOperations;
import dev.pleat.interactivequeries.LogOperations.Different;
import dev.pleat.interactivequeries.LogOperations.Failed;
import dev.pleat.interactivequeries.LogOperations.None;
import dev.pleat.interactivequeries.LogOperations.Rebuilding;
import dev.pleat.interactivequeries.LogOperations.State;
import dev.pleat.schemas.DomainSchema;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rebuild of one domain's events log: all commands are decided again, beside the application
 * that decides, into topics of their own, and what comes of them is compared with the live log. One
 * at a time. Safe for use by many threads.
 *
 * <p>A result is of the rules of this process, and is gone with it.
 */
final class LogRebuild {

  private static final Logger LOG = LoggerFactory.getLogger(LogRebuild.class);

  private static final int REMOVAL_TRIES = 10;
  private static final Duration REMOVAL_PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

  private final LogRebuildRun.Surroundings surroundings;
  private final DomainSchema<?, ?> schema;
  private final LogTopics topics;

  private volatile State state = new None();
  private Optional<Running> running = Optional.empty();
  private int last;

  /** One that is under way, and how it is ended. */
  private record Running(Thread thread, CountDownLatch ended) {

    boolean isAlive() {
      return thread.isAlive();
    }

    /** Waits until it has deleted what it made. */
    void end() {
      ended.countDown();
      try {
        thread.join(CLOSE_PATIENCE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  LogRebuild(LogRebuildRun.Surroundings surroundings) {
    this.surroundings = surroundings;
    this.schema = surroundings.domain().schema();
    this.topics = surroundings.topics();
    this.last = schema.log();
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
    } catch (KafkaException | IllegalStateException | UncheckedIOException | StartRefused e) {
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
    running = Optional.of(new Running(thread, ended));
    thread.start();
  }

  synchronized Answer<Integer> cancel() {
    Optional<Running> now = running.filter(Running::isAlive);
    now.ifPresent(Running::end);
    try {
      List<LogGeneration> left = topics.generations();
      Optional<LogGeneration> inTheWay = firstThatStays(left);
      if (inTheWay.isPresent()) {
        return new Answer.Unavailable<>(Answer.NOT_NOW, elsewhere(inTheWay.get()));
      }
      boolean isNone = now.isEmpty() && left.isEmpty() && state instanceof None;
      state = new None();
      return isNone ? new Answer.NotFound<>() : new Answer.Found<>(last);
    } catch (KafkaException | IllegalStateException | UncheckedIOException e) {
      return unreachable(e);
    }
  }

  /** Gives up what is under way, and deletes it; what is done and left to be looked at stays. */
  synchronized void close() {
    running.filter(Running::isAlive).ifPresent(Running::end);
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
      result =
          new LogRebuildRun(surroundings, generation, commandsPerSecond, ended, now -> state = now)
              .run();
    } catch (LogRebuildRun.Ended e) {
      result = new None();
    } catch (RuntimeException e) {
      LOG.warn("{}: the rebuild of the log failed", schema, e);
      result = new Failed(generation.number(), String.valueOf(e.getMessage()));
    }
    // A different log is kept, to be looked at or to take the place of the live one; an identical
    // one is there already.
    if (!(result instanceof Different)) {
      remove(generation);
    }
    LOG.info("{}: the rebuild of the log ended: {}", schema, result);
    state = result;
  }

  private void remove(LogGeneration generation) {
    try {
      for (int i = 0; i < REMOVAL_TRIES; i++) {
        if (topics.delete(generation)) {
          return;
        }
        Thread.sleep(REMOVAL_PAUSE);
      }
      LOG.warn("{}: generation {} is deleted with the next one", schema, generation.number());
    } catch (KafkaException | IllegalStateException | UncheckedIOException e) {
      LOG.warn("{}: generation {} cannot be deleted now", schema, generation.number(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
