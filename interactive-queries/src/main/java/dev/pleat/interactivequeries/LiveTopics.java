package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Topics that are followed as they grow. Safe for use by many threads. */
public interface LiveTopics {

  /**
   * The changes of a view's rows, as the generation that serves writes them.
   *
   * @param topic on which each change is written: key, and the row as JSON or nothing
   */
  record Changes(DomainSchema<?, ?> schema, View view, String topic) {}

  /** The changes of a view's rows; empty while no generation of it serves here. */
  Optional<Changes> changes(DomainSchema<?, ?> schema, View view);

  /**
   * Begins to listen for changes of a row. What is written from when this returns on is heard, soon
   * and perhaps for nothing; and that another generation serves.
   *
   * @return unavailable if too many listen already, or it cannot be read now
   */
  Answer<Listening> listen(Changes changes, String key);

  /**
   * Begins to listen for events of an aggregate. What is committed from when this returns on is
   * heard.
   *
   * @return unavailable if too many listen already, or it cannot be read now
   */
  Answer<Listening> listen(DomainSchema<?, ?> schema, String aggregateId);

  /**
   * Begins to read committed changes of rows, as long as their generation serves.
   *
   * @param from where to go on, partition by partition; empty for the beginning
   * @return not found if the topic does not go back so far, or not as far; unavailable if too many
   *     read already, or it cannot be read now
   */
  Answer<Reading> read(Changes changes, Optional<List<Long>> from);

  /** Somebody who listens. Used by one thread, but for {@link #wake}; closed by who listened. */
  interface Listening extends AutoCloseable {
    /**
     * Waits for something to look at.
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

  /** Nothing more comes: what would is not on the topic any more, or another generation serves. */
  record Lost() implements Next {}
}
