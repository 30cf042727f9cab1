package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.deploy.EventComparison.Compared;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Where two logs differ first. An event here is a letter, its key its case. */
final class EventComparisonTest {

  private static final long ALL = Long.MAX_VALUE;

  /** Offsets count from 10: markers of transactions take some. */
  private static Iterator<ConsumerRecord<byte[], byte[]>> log(String events) {
    List<ConsumerRecord<byte[], byte[]>> log = new ArrayList<>();
    for (String event : events.split("")) {
      if (!event.isEmpty()) {
        log.add(
            new ConsumerRecord<>(
                "log",
                0,
                10 + log.size(),
                (event.toUpperCase(Locale.ROOT).equals(event) ? "A" : "a").getBytes(UTF_8),
                event.toLowerCase(Locale.ROOT).getBytes(UTF_8)));
      }
    }
    return log.iterator();
  }

  private static String event(Optional<ConsumerRecord<byte[], byte[]>> record) {
    return record.map(it -> new String(it.value(), UTF_8) + it.offset()).orElse("none");
  }

  /** How many are the same, and what is first on each side. */
  private static String compared(String live, String rebuilt, long certain) {
    Compared compared = EventComparison.between(log(live), log(rebuilt), certain);
    return compared.same()
        + compared
            .first()
            .map(pair -> " " + event(pair.live()) + " " + event(pair.rebuilt()))
            .orElse("");
  }

  @Test
  void equal_logs_are_identical() {
    assertEquals("0", compared("", "", ALL));
    assertEquals("3", compared("abc", "abc", ALL));
  }

  @Test
  void names_the_first_of_several_differences() {
    assertEquals("1 b11 x11", compared("abcd", "axcy", ALL));
    assertEquals("0 a10 b10", compared("ab", "ba", ALL), "the order counts");
  }

  @Test
  void the_key_belongs_to_the_event() {
    assertEquals("1 b11 b11", compared("abc", "aBc", ALL));
  }

  @Test
  void an_event_that_the_rebuilt_log_lacks_is_a_difference() {
    assertEquals("1 b11 c11", compared("abc", "ac", ALL));
    assertEquals("2 c12 none", compared("abc", "ab", ALL));
    assertEquals("0 a10 none", compared("a", "", ALL));
  }

  @Test
  void an_event_that_the_live_log_lacks_is_a_difference() {
    assertEquals("2 none c12", compared("ab", "abc", ALL));
    assertEquals("2 none c12", compared("ab", "abc", 0));
  }

  @Test
  void what_the_live_log_has_got_since_is_none() {
    assertEquals("2", compared("abc", "ab", 12));
    assertEquals("1 b11 none", compared("abc", "a", 12));
    assertEquals("3", compared("abcd", "abc", 12), "more than what is certain was rebuilt");
    assertEquals("2 c12 x12", compared("abcd", "abx", 12), "what is there must be the same");
  }
}
