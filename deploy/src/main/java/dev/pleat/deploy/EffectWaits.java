package dev.pleat.deploy;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;

/**
 * Which partitions of an effect wait before their next call is tried again, and how often it was
 * tried. Changed by one thread; may be asked by others.
 */
final class EffectWaits {

  /**
   * How often a call is tried, and when again.
   *
   * @param refused where it was refused this time
   * @param attempts so often at most; then it has failed
   * @param unreachable where nobody could be asked, which is no attempt
   * @param random by which the waits differ
   */
  record Patience(Backoff refused, int attempts, Backoff unreachable, RandomGenerator random) {

    /** An hour or so: a server that does not know us yet may let us wait for some minutes. */
    static Patience usual(RandomGenerator random) {
      return new Patience(
          new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(10)),
          14,
          new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30)),
          random);
    }
  }

  /**
   * What is known of the call that a partition waits for.
   *
   * @param refused how often it was refused
   * @param unreached how often nobody could be asked
   * @param until when it is tried again, by {@link System#nanoTime}
   * @param reason why nobody could be asked the last time
   */
  private record Wait(UUID key, int refused, int unreached, long until, Optional<String> reason) {}

  private final Patience patience;
  private volatile Map<TopicPartition, Wait> waits = Map.of();

  EffectWaits(Patience patience) {
    this.patience = patience;
  }

  private Wait of(TopicPartition partition, UUID key) {
    return Optional.ofNullable(waits.get(partition))
        .filter(wait -> wait.key().equals(key))
        .orElseGet(() -> new Wait(key, 0, 0, 0, Optional.empty()));
  }

  /** Whether a call that is refused now has been refused as often as it may be. */
  boolean isLastAttempt(TopicPartition partition, UUID key) {
    return of(partition, key).refused() + 1 >= patience.attempts();
  }

  /** Lets a partition wait because its call was refused this time. */
  void refused(TopicPartition partition, UUID key) {
    Wait before = of(partition, key);
    int refused = before.refused() + 1;
    long until = in(patience.refused().after(refused, patience.random()));
    put(partition, new Wait(key, refused, before.unreached(), until, Optional.empty()));
  }

  /** Lets a partition wait because nobody could be asked. */
  void unreached(TopicPartition partition, UUID key, String reason) {
    Wait before = of(partition, key);
    int unreached = before.unreached() + 1;
    long until = in(patience.unreachable().after(unreached, patience.random()));
    put(partition, new Wait(key, before.refused(), unreached, until, Optional.of(reason)));
  }

  private static long in(Duration time) {
    return System.nanoTime() + time.toNanos();
  }

  private void put(TopicPartition partition, Wait wait) {
    Map<TopicPartition, Wait> more = new HashMap<>(waits);
    more.put(partition, wait);
    waits = Map.copyOf(more);
  }

  /** Forgets what is known of the calls of these. */
  void forget(Collection<TopicPartition> partitions) {
    Map<TopicPartition, Wait> fewer = new HashMap<>(waits);
    if (fewer.keySet().removeAll(partitions)) {
      waits = Map.copyOf(fewer);
    }
  }

  /** Whether a partition may go on. */
  boolean isDue(TopicPartition partition) {
    return left(partition).isZero();
  }

  /** How long it still waits. */
  Duration left(TopicPartition partition) {
    return Optional.ofNullable(waits.get(partition))
        .map(wait -> Duration.ofNanos(Math.max(0, wait.until() - System.nanoTime())))
        .orElse(Duration.ZERO);
  }

  /** What cannot be reached, in words; empty if nobody waits for that. */
  Optional<String> unreachable() {
    Map<TopicPartition, Wait> now = waits;
    return now.values().stream()
        .flatMap(wait -> wait.reason().stream())
        .findFirst()
        .map(reason -> "waits, on %d partitions: %s".formatted(now.size(), reason));
  }
}
