package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.HistoryKey;
import dev.pleat.schemas.SubmittedCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.function.ToIntFunction;

/**
 * The history from the state stores of this process. What another process holds is answered with
 * "not now". Safe for use by many threads.
 */
public final class StreamsHistory implements History {

  private static final int MAX_WAITERS = 1_000;
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final ReadableStores stores;
  private final Folds folds;
  private final Semaphore waiters = new Semaphore(MAX_WAITERS);

  /**
   * A history over the running applications.
   *
   * @param running finds the application that has {@link HistoryKey#LAST} of a domain
   * @param partitions how many partitions the topics of a domain have
   * @param folds folds what was recorded
   */
  public StreamsHistory(
      RunningStreams running, ToIntFunction<DomainSchema<?, ?>> partitions, Folds folds) {
    this(new LocalStores(running, partitions), folds);
  }

  /**
   * A history over stores that somebody else keeps.
   *
   * @param stores that have what the application of a history has in the stores of {@link
   *     HistoryKey}
   */
  public StreamsHistory(ReadableStores stores, Folds folds) {
    this.stores = stores;
    this.folds = folds;
  }

  // ---- questions

  @Override
  public Answer<Events> events(Subject subject, EventsRequest request) {
    Question<Events> question =
        (recorded, last) -> {
          Events page = HistoryPage.of(request, last, recorded);
          return last == 0 && page.events().isEmpty() ? new NotFound<>() : new Found<>(page);
        };
    Answer<Events> whole =
        answer(
            subject,
            (recorded, last) ->
                request.outcomes() && recorded.outcomesThrough(last) < last
                    ? new NotYet<>("the outcomes are not recorded that far yet")
                    : question.ask(recorded, last));
    // The log may have the outcomes no longer: how far they are recorded is part of the answer.
    return whole instanceof NotYet ? answer(subject.atOnce(), question) : whole;
  }

  @Override
  public Answer<Row> row(Subject subject, View view, AsOf asOf) {
    return answer(
        subject,
        (recorded, last) -> {
          long version = version(asOf, recorded, last);
          if (version == 0 || version > last) {
            return new NotFound<>();
          }
          return folds
              .row(subject.schema(), view, recorded.snapshotUpTo(version), version, recorded)
              .<Answer<Row>>map(row -> new Found<>(Row.of(row)))
              .orElseGet(NotFound::new);
        });
  }

  private static long version(AsOf asOf, RecordedHistory recorded, long last) {
    return switch (asOf) {
      case Version at -> at.number();
      case Time at -> recorded.versionAt(at.instant(), last);
    };
  }

  @Override
  public Answer<State> state(Subject subject, Optional<AsOf> asOf) {
    return answer(
        subject,
        (recorded, last) -> {
          long version = asOf.map(moment -> version(moment, recorded, last)).orElse(last);
          if (version == 0 || version > last) {
            return new NotFound<>();
          }
          return folds
              .state(subject.schema(), recorded.snapshotUpTo(version), version, recorded)
              .<Answer<State>>map(Found::new)
              .orElseGet(NotFound::new);
        });
  }

  @Override
  public Answer<Steps> replay(Subject subject, ReplayRequest request) {
    return answer(
        subject,
        (recorded, last) -> {
          long from = request.from();
          long to = Math.min(last, request.until().orElse(last));
          if (from > last || from > to) {
            return new NotFound<>();
          }
          List<Step> steps = new ArrayList<>();
          long[] bytes = {0};
          try {
            folds.replay(
                subject.schema(),
                recorded.snapshotUpTo(from - 1),
                from,
                to,
                recorded,
                step -> {
                  steps.add(step);
                  bytes[0] += bytes(step);
                  return steps.size() < request.limit() && bytes[0] < HistoryPage.MAX_BYTES;
                });
          } catch (Folds.Broken e) {
            // What led there is worth seeing; the page after it begins with what is wrong.
            if (steps.isEmpty()) {
              throw e;
            }
          }
          long ended = steps.getLast().version();
          return new Found<>(
              new Steps(steps, ended < to ? OptionalLong.of(ended + 1) : OptionalLong.empty()));
        });
  }

  private static long bytes(Step step) {
    long rows = step.rows().values().stream().mapToLong(row -> row.length).sum();
    return step.event().length + step.state().length + rows;
  }

  @Override
  public Answer<Tried> dryRun(Subject subject, SubmittedCommand command, Instant now) {
    OptionalLong expected = command.expectedVersion();
    Question<Tried> question =
        (recorded, last) -> {
          long version = Math.min(last, expected.orElse(last));
          return new Found<>(
              folds.dryRun(
                  subject.schema(),
                  subject.aggregateId(),
                  command,
                  now,
                  recorded.snapshotUpTo(version),
                  version,
                  recorded));
        };
    Answer<Tried> there = answer(subject.at(expected.orElse(0)), question);
    return there instanceof NotYet ? answer(subject.atOnce(), question) : there;
  }

  private interface Question<T> {
    Answer<T> ask(RecordedHistory recorded, long last);
  }

  private <T> Answer<T> answer(Subject subject, Question<T> question) {
    long deadline = System.nanoTime() + subject.patience().toNanos();
    Answer<T> answer = now(subject, question);
    if (!mayChange(answer) || subject.patience().isZero()) {
      return answer;
    }
    if (!waiters.tryAcquire()) {
      return new Unavailable<>(Answer.OVERLOADED, "too many requests wait for the history");
    }
    try {
      while (mayChange(answer) && System.nanoTime() < deadline) {
        Thread.sleep(PAUSE);
        answer = now(subject, question);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      waiters.release();
    }
    return answer;
  }

  private static boolean mayChange(Answer<?> answer) {
    return answer instanceof NotYet
        || (answer instanceof Unavailable<?> why && why.code().equals(Answer.NOT_NOW));
  }

  private <T> Answer<T> now(Subject subject, Question<T> question) {
    String id = subject.aggregateId();
    RecordedHistory recorded = new RecordedHistory(stores, subject.schema(), id);
    try {
      long last = recorded.lastVersion();
      return last < subject.seen()
          ? new NotYet<>("the history has not recorded that version yet")
          : question.ask(recorded, last);
    } catch (RecordedHistory.NotHere e) {
      return new Unavailable<>(
          Answer.NOT_NOW, "the history cannot be read here: " + e.getMessage());
    } catch (Folds.Broken e) {
      return new Unavailable<>(
          Answer.VIEW_STOPPED, "the history of " + id + " cannot be folded: " + e.getMessage());
    }
  }
}
