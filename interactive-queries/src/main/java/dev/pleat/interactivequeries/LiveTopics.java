package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Topics that are followed as they grow. Safe for use by many threads. */
public interface LiveTopics {

  /**
   * The topic on which each change of a view's rows is written: key, and the row as JSON or
   * nothing. Another one when another generation of the view serves.
   *
   * @return empty while no generation serves here
   */
  Optional<String> rows(DomainSchema<?, ?> schema, View view);

  /**
   * Begins to listen for records of a key. What is written from when this returns on is heard.
   *
   * @param committed whether only what is committed counts; else it is heard sooner, and perhaps
   *     for nothing
   * @return unavailable if too many listen already, or the topic cannot be read now
   */
  Answer<Listening> listen(String topic, String key, boolean committed);

  /**
   * Begins to read what is committed on a topic of rows.
   *
   * @param from where to go on, partition by partition; empty for the beginning
   * @return not found if the topic does not go back so far, or not as far; unavailable if too many
   *     read already, or it cannot be read now
   */
  Answer<Reading> read(String topic, Optional<List<Long>> from);

  /** Somebody who listens. Used by one thread, but for {@link #wake}; closed by who listened. */
  interface Listening extends AutoCloseable {
    /**
     * Waits for a record of the key.
     *
     * @return whether there was one since this was asked last, or may have been; false after this
     *     time
     */
    boolean heard(Duration patience) throws InterruptedException;

    /** Ends a wait, now or the next one. */
    void wake();

    @Override
    void close();
  }

  /** Somebody who reads. Used by one thread, but for {@link #wake}; closed by who read. */
  interface Reading extends AutoCloseable {
    /** Where it began, partition by partition. */
    List<Long> beginning();

    /** Waits for what comes next. */
    Next next(Duration patience) throws InterruptedException;

    /** Ends a wait, now or the next one. */
    void wake();

    @Override
    void close();
  }

  /** What was read. */
  sealed interface Next {}

  /**
   * A row as it became.
   *
   * @param row empty if it was deleted
   * @param offset of the record that says so, in this partition
   */
  record Change(String key, Optional<byte[]> row, int partition, long offset) {}

  /**
   * The last change of each key in a stretch of the topic.
   *
   * @param changes those of a partition in the order of their offsets
   * @param position after the stretch, partition by partition
   * @param upToDate whether that was the end of the topic when reading began, or later
   */
  record Rows(List<Change> changes, List<Long> position, boolean upToDate) implements Next {
    /** Keeps its own copies. */
    public Rows {
      changes = List.copyOf(changes);
      position = List.copyOf(position);
    }
  }

  /** Nothing new in this time. */
  record Nothing() implements Next {}

  /** The topic does not have any more what comes next. */
  record Lost() implements Next {}
}
