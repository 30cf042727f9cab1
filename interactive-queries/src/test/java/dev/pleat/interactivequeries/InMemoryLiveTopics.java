package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Topics of one partition that are never compacted. */
final class InMemoryLiveTopics implements LiveTopics {

  /** A record of a topic of rows. */
  private record Written(String key, Optional<byte[]> row) {}

  private final List<Follower> followers = new CopyOnWriteArrayList<>();
  private final Map<String, List<Written>> topics = new LinkedHashMap<>();
  private Optional<String> rows = Optional.of("rows-1");
  private Optional<Answer.Unavailable<?>> trouble = Optional.empty();
  private long beginning;

  /** Writes a row to the topic of rows there is now. */
  synchronized void write(String key, String row) {
    append(key, Optional.of(row.getBytes(UTF_8)));
  }

  synchronized void delete(String key) {
    append(key, Optional.empty());
  }

  private void append(String key, Optional<byte[]> row) {
    topics
        .computeIfAbsent(rows.orElseThrow(), topic -> new ArrayList<>())
        .add(new Written(key, row));
    tell();
  }

  /** Tells everybody to look again. */
  void tell() {
    followers.forEach(Follower::wake);
  }

  /** Another generation serves from now on, or none. */
  synchronized void serve(Optional<String> topic) {
    rows = topic;
  }

  synchronized void unavailable(String code, String detail) {
    trouble = Optional.of(new Answer.Unavailable<>(code, detail));
  }

  /** The topic does not have any more what was written before this place. */
  synchronized void forgetBefore(long offset) {
    beginning = offset;
  }

  int followers() {
    return followers.size();
  }

  @Override
  public synchronized Optional<Changes> changes(DomainSchema<?, ?> schema, View view) {
    return rows.map(topic -> new Changes(schema, view, topic));
  }

  @Override
  public synchronized Answer<Listening> listen(Changes changes, String key) {
    return listen(changes.topic());
  }

  @Override
  public synchronized Answer<Listening> listen(DomainSchema<?, ?> schema, String aggregateId) {
    return listen(schema.eventsTopic());
  }

  private Answer<Listening> listen(String topic) {
    if (trouble.isPresent()) {
      return new Answer.Unavailable<>(trouble.get().code(), trouble.get().detail());
    }
    Follower follower = new Follower(topic, 0);
    followers.add(follower);
    return new Answer.Found<>(follower);
  }

  @Override
  public synchronized Answer<Reading> read(Changes changes, Optional<List<Long>> from) {
    if (trouble.isPresent()) {
      return new Answer.Unavailable<>(trouble.get().code(), trouble.get().detail());
    }
    if (from.isPresent() && from.get().getFirst() < beginning) {
      return new Answer.NotFound<>();
    }
    Follower follower = new Follower(changes.topic(), from.map(List::getFirst).orElse(beginning));
    followers.add(follower);
    return new Answer.Found<>(follower);
  }

  private final class Follower implements Listening, Reading {
    private final String topic;
    private final Semaphore news = new Semaphore(0);
    private boolean isBehind = true;
    private long at;

    Follower(String topic, long at) {
      this.topic = topic;
      this.at = at;
    }

    @Override
    public boolean heard(Duration patience) throws InterruptedException {
      return news.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public List<Long> beginning() {
      return List.of(at);
    }

    @Override
    public Next next(Duration patience) throws InterruptedException {
      if (!isBehind) {
        heard(patience);
      }
      isBehind = false;
      synchronized (InMemoryLiveTopics.this) {
        if (rows.filter(topic::equals).isEmpty()) {
          return new Lost();
        }
        List<Written> all = topics.getOrDefault(topic, List.of());
        Map<String, Change> rows = new LinkedHashMap<>();
        for (int offset = (int) at; offset < all.size(); offset++) {
          Written written = all.get(offset);
          rows.remove(written.key());
          rows.put(written.key(), new Change(written.key(), written.row(), 0, offset));
        }
        at = all.size();
        return new Rows(List.copyOf(rows.values()), List.of(at), true);
      }
    }

    @Override
    public void wake() {
      news.release();
    }

    @Override
    public void close() {
      followers.remove(this);
    }
  }
}
