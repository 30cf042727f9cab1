package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What follows from an event: what the policy remembers, and what is to be done, in order. To send
 * nothing and to remember what was remembered is {@code Reaction.of(state)}. Immutable.
 *
 * @param state what the policy remembers of the aggregate from here on
 * @param orders what is to be done
 */
public record Reaction<S>(S state, List<Order> orders) {

  /** Something to be done. */
  public sealed interface Order {}

  /** Sends a command now. */
  public record Send(DomainSchema<?, ?> target, Record command) implements Order {}

  /**
   * Sends a command when a time has come, unless the deadline is cancelled before.
   *
   * @param name which of the aggregate's deadlines; one of this name that was set before is
   *     replaced
   * @param after how long after the event
   */
  public record SetDeadline(String name, Duration after, DomainSchema<?, ?> target, Record command)
      implements Order {}

  /** Forgets a deadline of the aggregate, if there is one of this name. */
  public record CancelDeadline(String name) implements Order {}

  /** Keeps its own copy of the orders. */
  public Reaction {
    orders = List.copyOf(orders);
  }

  /** Remembers this, and does nothing. */
  public static <S> Reaction<S> of(S state) {
    return new Reaction<>(state, List.of());
  }

  /** And sends this command to the aggregate it names. */
  public <C> Reaction<S> send(DomainSchema<C, ?> target, C command) {
    return and(new Send(target, (Record) command));
  }

  /**
   * And sends this command to the aggregate it names so long after the event, unless the deadline
   * is cancelled before. Whoever gets it decides: events that would have cancelled it may lie on
   * the log unread.
   */
  public <C> Reaction<S> deadline(
      String name, Duration after, DomainSchema<C, ?> target, C command) {
    return and(new SetDeadline(name, after, target, (Record) command));
  }

  /** And forgets the deadline of this name. */
  public Reaction<S> cancelDeadline(String name) {
    return and(new CancelDeadline(name));
  }

  private Reaction<S> and(Order order) {
    return new Reaction<>(state, Stream.concat(orders.stream(), Stream.of(order)).toList());
  }
}
