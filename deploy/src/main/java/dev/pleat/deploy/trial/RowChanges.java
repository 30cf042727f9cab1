package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.LiveTopics.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The last change of each row of a view, in the order in which they were made: what a compacted
 * topic keeps. Safe for use by many threads.
 */
final class RowChanges {

  private static final int ONLY = 0;

  private final NavigableMap<Long, Change> changes = new TreeMap<>();
  private final Map<String, Long> offsets = new HashMap<>();
  private long end;

  synchronized void append(String key, Optional<byte[]> row) {
    Long before = offsets.put(key, end);
    if (before != null) {
      changes.remove(before);
    }
    changes.put(end, new Change(key, row, ONLY, end));
    end++;
  }

  /** Where the next change will lie. */
  synchronized long end() {
    return end;
  }

  /** The changes from there on that are still kept, the oldest first. */
  synchronized List<Change> from(long offset, int limit) {
    List<Change> found = new ArrayList<>();
    for (Change change : changes.tailMap(offset).values()) {
      if (found.size() == limit) {
        break;
      }
      found.add(change);
    }
    return found;
  }
}
