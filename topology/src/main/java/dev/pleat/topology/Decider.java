package dev.pleat.topology;

import dev.pleat.schemas.CommandContext;

/**
 * The rules of one kind of aggregate: pure functions that know no Kafka, HTTP, clock or random.
 *
 * <p>The shape is Jérémie Chassaing's functional event sourcing decider. The engine calls it from
 * one thread per partition and gives the same instance to many aggregates, so it keeps no state of
 * its own.
 *
 * @param <S> the state: a record, or a sealed interface of records; private to the write side
 * @param <C> the commands
 * @param <E> the events
 */
public interface Decider<S, C, E> {

  /** What is remembered of an aggregate that has no events. */
  S initialState();

  /**
   * What becomes of a command. Every rule and all arithmetic that can fail lives here. Must not
   * throw: a rule that says no returns {@link Decision#reject}.
   */
  Decision<E> decide(S state, C command, CommandContext context);

  /** The state after an event. Only assigns what the event says; cannot fail. */
  S evolve(S state, E event);

  /**
   * The version of the shape and the meaning of the state, from 1. Raise it when {@link #evolve} or
   * the state's record changes, so that states written before are not read as if they were new.
   */
  int stateVersion();
}
