package dev.pleat.topology;

import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.UnreadableMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order in which events go on: each once, those of an aggregate one after the other, and only
 * together with the others of their command. Used by one thread at a time.
 */
final class EventOrder<E> {

  /** What is remembered of aggregates. */
  interface Memory {

    /** The last version seen; 0 if none was. */
    long seen(String aggregateId);

    void see(String aggregateId, long version);

    /** Events of a command whose last one has not come yet, oldest first. */
    List<byte[]> held(String aggregateId);

    void hold(String aggregateId, List<byte[]> events);

    void release(String aggregateId);
  }

  /** What stands behind it. */
  interface Next<E> {
    void take(WholeCommand<E> command) throws CannotFold;
  }

  private final MessageCodec<?, E> messages;
  private final Memory memory;

  EventOrder(MessageCodec<?, E> messages, Memory memory) {
    this.messages = messages;
    this.memory = memory;
  }

  /**
   * Hands the event on if it completes a command; a version seen before is ignored.
   *
   * @throws CannotFold if it is no event, one before it is missing, or the next cannot take it
   */
  void fold(@Nullable String aggregateId, byte @Nullable [] bytes, Next<E> next) throws CannotFold {
    if (aggregateId == null || bytes == null) {
      throw new CannotFold("unreadable", "an event has a key and a value", null);
    }
    WholeCommand.Event<E> event = read(bytes);
    long before = memory.seen(aggregateId);
    if (event.version() <= before) {
      return;
    }
    if (event.version() == before + 1 && event.through() == event.version()) {
      next.take(new WholeCommand<>(List.of(event)));
      memory.see(aggregateId, event.version());
      return;
    }
    List<byte[]> together = new ArrayList<>(memory.held(aggregateId));
    long follows = before + 1 + together.size();
    if (event.version() < follows) {
      return;
    }
    if (event.version() > follows) {
      throw new CannotFold(
          "gap",
          "aggregate "
              + aggregateId
              + " has version "
              + event.version()
              + " where "
              + follows
              + " should follow",
          null);
    }
    together.add(bytes);
    if (event.version() < event.through()) {
      memory.hold(aggregateId, together);
      return;
    }
    List<WholeCommand.Event<E>> events = new ArrayList<>(together.size());
    for (byte[] each : together) {
      events.add(read(each));
    }
    next.take(new WholeCommand<>(List.copyOf(events)));
    memory.release(aggregateId);
    memory.see(aggregateId, event.version());
  }

  /**
   * Goes on without the event; where one before it is missing, without that one.
   *
   * @throws CannotFold if the next cannot take what comes after the one that is missing
   */
  void skip(@Nullable String aggregateId, byte @Nullable [] bytes, Next<E> next) throws CannotFold {
    if (aggregateId == null || bytes == null) {
      return;
    }
    WholeCommand.Event<E> event;
    try {
      event = read(bytes);
    } catch (CannotFold e) {
      // Whose event it is cannot be told: the next one of that aggregate will stop again.
      return;
    }
    long before = memory.seen(aggregateId);
    long follows = before + 1 + memory.held(aggregateId).size();
    memory.release(aggregateId);
    if (event.version() > follows) {
      memory.see(aggregateId, event.version() - 1);
      fold(aggregateId, bytes, next);
    } else if (event.version() > before) {
      memory.see(aggregateId, event.version());
    }
  }

  private WholeCommand.Event<E> read(byte[] bytes) throws CannotFold {
    try {
      return WholeCommand.Event.read(messages, bytes);
    } catch (UnreadableMessage e) {
      throw new CannotFold("unreadable", e.detail(), e);
    }
  }
}
