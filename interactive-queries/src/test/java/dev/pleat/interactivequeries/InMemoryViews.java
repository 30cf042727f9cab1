package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The view of the calculator's values without a store. */
final class InMemoryViews implements Views {

  private final NavigableMap<String, Row> rows = new TreeMap<>();
  private Optional<Answer.Unavailable<?>> trouble = Optional.empty();
  private boolean frozen;
  private int waiting;

  synchronized void put(String id, long version, double value) {
    if (!frozen) {
      putRow(id, version, value);
    }
  }

  /** Puts a row there also when commands are not projected any more. */
  synchronized void putRow(String id, long version, double value) {
    String json = "{\"value-id\":\"%s\",\"value\":%s,\"version\":%d}".formatted(id, value, version);
    rows.put(id, Row.of(json.getBytes(UTF_8)));
    notifyAll();
  }

  /** Commands are not projected from now on. */
  synchronized void freeze() {
    frozen = true;
  }

  synchronized void unavailable(String code, String detail) {
    trouble = Optional.of(new Answer.Unavailable<>(code, detail));
  }

  /** Returns once somebody waits for a version. */
  synchronized void awaitWaiter() throws InterruptedException {
    while (waiting == 0) {
      wait(TimeUnit.SECONDS.toMillis(10));
    }
  }

  @Override
  public synchronized Answer<Row> row(
      DomainSchema<?, ?> schema, View view, String key, List<ReadAfter> after, Duration wait) {
    long atLeastVersion = after.stream().mapToLong(ReadAfter::version).max().orElse(0);
    if (trouble.isPresent()) {
      return new Answer.Unavailable<>(trouble.get().code(), trouble.get().detail());
    }
    long deadline = System.nanoTime() + wait.toNanos();
    waiting++;
    notifyAll();
    while (versionOf(key) < atLeastVersion) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return new Answer.NotYet<>("the view values has not reached that version yet");
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return Optional.ofNullable(rows.get(key))
        .<Answer<Row>>map(Answer.Found::new)
        .orElseGet(Answer.NotFound::new);
  }

  private long versionOf(String key) {
    return Optional.ofNullable(rows.get(key)).map(row -> row.version().orElse(0)).orElse(0L);
  }

  @Override
  public synchronized Answer<Page> page(
      DomainSchema<?, ?> schema,
      View view,
      PageRequest request,
      List<ReadAfter> after,
      Duration wait) {
    for (ReadAfter write : after) {
      if (row(schema, view, write.aggregateId(), List.of(write), wait)
          instanceof Answer.NotYet<Row> notYet) {
        return new Answer.NotYet<>(notYet.detail());
      }
    }
    int limit = request.limit();
    Optional<String> afterKey = request.from().map(place -> new String(place, UTF_8));
    if (trouble.isPresent()) {
      return new Answer.Unavailable<>(trouble.get().code(), trouble.get().detail());
    }
    NavigableMap<String, Row> rest = afterKey.map(key -> rows.tailMap(key, false)).orElse(rows);
    List<Row> page = new ArrayList<>();
    Optional<String> last = Optional.empty();
    for (Map.Entry<String, Row> row : rest.entrySet()) {
      if (page.size() == limit) {
        return new Answer.Found<>(new Page(page, last.map(key -> key.getBytes(UTF_8))));
      }
      page.add(row.getValue());
      last = Optional.of(row.getKey());
    }
    return new Answer.Found<>(new Page(page, Optional.empty()));
  }
}
