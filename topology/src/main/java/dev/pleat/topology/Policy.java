package dev.pleat.topology;

import dev.pleat.schemas.PolicyContext;

/**
 * What follows from events elsewhere: a pure function from an event to commands for other
 * aggregates, in this domain or others. It asks nobody; what it needs to know later it keeps in its
 * own state, one for each aggregate the events are about.
 *
 * <p>It is called once for each event, whatever becomes of processes and consumer groups. The
 * engine gives the same instance to many aggregates, so it keeps nothing in itself.
 *
 * @param <S> its state: a record, or a sealed interface of records
 * @param <E> the events it reacts to
 */
public interface Policy<S, E> {

  /** What is remembered of an aggregate whose events came to nothing; it takes no room. */
  S initialState();

  /**
   * What follows from an event. Must not throw: that stops the policy at the event.
   *
   * @param state of the aggregate the event is about
   */
  Reaction<S> react(S state, E event, PolicyContext context);
}
