package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** How long is waited before something is tried again. */
final class BackoffTest {

  private static final TopicPartition PARTITION = new TopicPartition("events", 1);
  private static final UUID KEY = new UUID(1, 2);

  @Test
  void waits_twice_as_long_each_time_up_to_a_limit_and_never_all_alike() {
    Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));
    SplittableRandom random = new SplittableRandom(7);
    long[] whole = {1_000, 2_000, 4_000, 8_000, 10_000, 10_000};
    for (int tries = 1; tries <= whole.length; tries++) {
      long least = Long.MAX_VALUE;
      long most = 0;
      for (int i = 0; i < 1_000; i++) {
        long waited = backoff.after(tries, random).toMillis();
        least = Math.min(least, waited);
        most = Math.max(most, waited);
      }
      long all = whole[tries - 1];
      assertTrue(least >= all / 2 && most <= all, tries + ": " + least + " to " + most);
      assertTrue(most - least > all / 3, tries + ": " + least + " to " + most);
    }
    assertTrue(backoff.after(1_000_000, random).toMillis() <= 10_000);
  }

  @Test
  void counts_what_was_refused_and_not_who_could_not_be_reached() {
    Backoff backoff = new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(1));
    EffectWaits waits =
        new EffectWaits(new EffectWaits.Patience(backoff, 3, backoff, new SplittableRandom(1)));
    assertTrue(waits.isDue(PARTITION));
    for (int i = 0; i < 100; i++) {
      waits.unreached(PARTITION, KEY, "no route");
    }
    assertFalse(waits.isDue(PARTITION));
    assertEquals(Optional.of("waits, on 1 partitions: no route"), waits.unreachable());

    waits.refused(PARTITION, KEY);
    assertEquals(Optional.empty(), waits.unreachable());
    assertFalse(waits.isLastAttempt(PARTITION, KEY));
    waits.refused(PARTITION, KEY);
    assertTrue(waits.isLastAttempt(PARTITION, KEY));
    assertFalse(waits.isLastAttempt(PARTITION, new UUID(3, 4)), "another call begins anew");

    waits.forget(Set.of(PARTITION));
    assertTrue(waits.isDue(PARTITION));
    assertFalse(waits.isLastAttempt(PARTITION, KEY));
  }
}
