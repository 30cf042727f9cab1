package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.LiveTopics;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** What changes in memory, followed as it does. Safe for use by many threads. */
final class TrialTopics implements LiveTopics {

  private static final int MAX_CHANGES = 1_000;

  private final BiFunction<DomainSchema<?, ?>, View, RowChanges> changes;
  private final Signals signals;

  /**
   * Topics of a trial.
   *
   * @param changes those of a view that is not derived
   */
  TrialTopics(BiFunction<DomainSchema<?, ?>, View, RowChanges> changes, Signals signals) {
    this.changes = changes;
    this.signals = signals;
  }

  /** Names the changes of a view's rows. */
  static String topic(DomainSchema<?, ?> schema, View view) {
    return schema.name() + "/" + view.name();
  }

  @Override
  public Optional<Changes> changes(DomainSchema<?, ?> schema, View view) {
    return Optional.of(new Changes(schema, view, topic(schema, view)));
  }

  @Override
  public Answer<Listening> listen(Changes changes, String key) {
    return changes.view().derived().isPresent()
        ? Absent.view(changes.view())
        : listen(changes.topic(), Optional.of(key));
  }

  @Override
  public Answer<Listening> listen(DomainSchema<?, ?> schema, String aggregateId) {
    return listen(schema.eventsTopic(), Optional.of(aggregateId));
  }

  private Answer<Listening> listen(String topic, Optional<String> key) {
    return signals
        .listen(topic, key)
        .<Answer<Listening>>map(Found::new)
        .orElseGet(
            () -> new Unavailable<>(Answer.OVERLOADED, "too many follow rows, lists or events"));
  }

  @Override
  public Answer<Reading> read(Changes changes, Optional<List<Long>> from) {
    if (changes.view().derived().isPresent()) {
      return Absent.view(changes.view());
    }
    RowChanges rows = this.changes.apply(changes.schema(), changes.view());
    long offset = from.map(List::getFirst).orElse(0L);
    if (offset > rows.end()) {
      return new NotFound<>();
    }
    return switch (listen(changes.topic(), Optional.empty())) {
      case Found<Listening> found -> new Found<>(new RowsReading(rows, offset, found.value()));
      case Unavailable<Listening> not -> new Unavailable<>(not.code(), not.detail());
      case NotFound<Listening> nothing -> new NotFound<>();
      case Answer.NotYet<Listening> notYet -> new Answer.NotYet<>(notYet.detail());
    };
  }

  /** Reads the changes of a view's rows for one client. */
  private static final class RowsReading implements Reading {
    private final RowChanges rows;
    private final long beginning;
    private final long firstEnd;
    private final Listening listening;
    private long position;
    private boolean hasSaidWhereItIs;

    RowsReading(RowChanges rows, long beginning, Listening listening) {
      this.rows = rows;
      this.beginning = beginning;
      this.position = beginning;
      this.firstEnd = rows.end();
      this.listening = listening;
    }

    @Override
    public List<Long> beginning() {
      return List.of(beginning);
    }

    @Override
    public Next next(Duration patience) throws InterruptedException {
      Optional<Rows> there = there();
      if (there.isEmpty() && listening.heard(patience)) {
        there = there();
      }
      return there.isPresent() ? there.get() : new Nothing();
    }

    /** Also once where there is nothing: then that is the end. */
    private Optional<Rows> there() {
      // Before the changes are looked at: what is written in between is read the next time.
      long end = rows.end();
      List<Change> found = rows.from(position, MAX_CHANGES);
      if (found.isEmpty() && hasSaidWhereItIs) {
        return Optional.empty();
      }
      hasSaidWhereItIs = true;
      position =
          found.size() < MAX_CHANGES
              ? Math.max(end, found.isEmpty() ? 0 : found.getLast().offset() + 1)
              : found.getLast().offset() + 1;
      return Optional.of(new Rows(found, List.of(position), position >= firstEnd));
    }

    @Override
    public void wake() {
      listening.wake();
    }

    @Override
    public void close() {
      listening.close();
    }
  }
}
