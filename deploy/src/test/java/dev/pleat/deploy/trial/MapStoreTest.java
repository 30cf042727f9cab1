package dev.pleat.deploy.trial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.junit.jupiter.api.Test;

/** What lies on the heap is read as it would be from a state store on disk. */
final class MapStoreTest {

  private final MapStore<String, Integer> store = MapStore.byText();

  private static List<String> keys(KeyValueIterator<String, Integer> entries) {
    List<String> keys = new ArrayList<>();
    entries.forEachRemaining(entry -> keys.add(entry.key));
    return keys;
  }

  @Test
  void keys_come_in_the_order_of_their_bytes() {
    // In UTF-16, the order of Java's strings, the last two change places.
    List<String> ordered = List.of("A", "a", "\u00e9", "\uffee", "\ud83d\ude00");
    ordered.reversed().forEach(key -> store.put(key, Optional.of(1)));

    assertEquals(ordered, keys(store.all()));
    assertEquals(ordered.subList(1, 3), keys(store.range("a", "\u00e9")));
    assertEquals(ordered.subList(1, 5).reversed(), keys(store.reverseRange("a", null)));
  }

  @Test
  void looks_ahead_without_going_on() {
    store.put("a", Optional.of(1));
    store.put("b", Optional.of(2));
    KeyValueIterator<String, Integer> entries = store.all();

    assertEquals("a", entries.peekNextKey());
    assertEquals("a", entries.peekNextKey());
    assertEquals(KeyValue.pair("a", 1), entries.next());
    assertEquals(KeyValue.pair("b", 2), entries.next());
    assertFalse(entries.hasNext());
    assertThrows(NoSuchElementException.class, entries::peekNextKey);
  }

  @Test
  void what_is_taken_away_is_gone() {
    store.put("a", Optional.of(1));
    store.put("a", Optional.empty());

    assertEquals(Optional.empty(), store.find("a"));
    assertEquals(0, store.approximateNumEntries());
  }
}
