package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class LatenciesTest {

  @Test
  void a_percentile_is_the_nearest_rank_whatever_the_order() {
    Latencies hundred =
        Latencies.of(LongStream.rangeClosed(1, 100).map(i -> (101 - i) * 1_000_000));

    assertEquals(1, hundred.percentileMs(0));
    assertEquals(1, hundred.percentileMs(1));
    assertEquals(50, hundred.percentileMs(50));
    assertEquals(51, hundred.percentileMs(50.1));
    assertEquals(99, hundred.percentileMs(99));
    assertEquals(100, hundred.percentileMs(100));
    assertEquals(100, hundred.maxMs());
  }

  @Test
  void one_time_is_every_percentile() {
    Latencies one = Latencies.of(LongStream.of(2_500_000));

    assertEquals(2.5, one.percentileMs(50));
    assertEquals(2.5, one.percentileMs(99));
  }

  @Test
  void what_is_missed_counts_as_longer_than_all_that_was_measured() {
    Latencies some = Latencies.of(LongStream.of(Latencies.MISSED, 1_000_000, 2_000_000, 3_000_000));

    assertEquals(4, some.count());
    assertEquals(1, some.missed());
    assertEquals(2, some.percentileMs(50));
    assertEquals(Double.POSITIVE_INFINITY, some.percentileMs(99));
    assertEquals("missed", Latencies.text(some.percentileMs(99)));
    assertEquals(3, some.maxMs());
  }

  @Test
  void nothing_measured_has_no_percentile() {
    assertEquals(Double.NaN, Latencies.of(LongStream.empty()).percentileMs(50));
    assertEquals(Double.NaN, Latencies.of(LongStream.of(Latencies.MISSED)).maxMs());
    assertEquals("-", Latencies.text(Double.NaN));
  }
}
