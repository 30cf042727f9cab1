package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Asks again while the answer may change and time is left, for so many requests at once and no
 * more. Safe for use by many threads.
 */
final class Patience {

  private static final int MAX_WAITERS = 10_000;
  private static final long FIRST_PAUSE_MS = 2;
  private static final long LONGEST_PAUSE_MS = 20;

  private final Semaphore waiters = new Semaphore(MAX_WAITERS);

  /** Blocks the calling thread while the wait is not over and the answer may still change. */
  <T> Answer<T> ask(Supplier<Answer<T>> question, Duration wait) {
    long deadline = System.nanoTime() + wait.toNanos();
    Answer<T> first = question.get();
    if (!mayChange(first) || wait.isZero() || wait.isNegative()) {
      return first;
    }
    if (!waiters.tryAcquire()) {
      return new Unavailable<>(Answer.OVERLOADED, "too many requests wait for a view");
    }
    try {
      return askAgain(question, deadline, first);
    } finally {
      waiters.release();
    }
  }

  private static <T> Answer<T> askAgain(
      Supplier<Answer<T>> question, long deadline, Answer<T> first) {
    Answer<T> answer = first;
    long pause = FIRST_PAUSE_MS;
    try {
      for (long left = deadline - System.nanoTime();
          left > 0 && mayChange(answer);
          left = deadline - System.nanoTime()) {
        Thread.sleep(Duration.ofNanos(Math.min(left, Duration.ofMillis(pause).toNanos())));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
        answer = question.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return answer;
  }

  private static <T> boolean mayChange(Answer<T> answer) {
    return switch (answer) {
      case NotYet<T> notYet -> true;
      case Unavailable<T> unavailable -> unavailable.code().equals(Answer.NOT_NOW);
      case Found<T> found -> false;
      case NotFound<T> notFound -> false;
    };
  }
}
