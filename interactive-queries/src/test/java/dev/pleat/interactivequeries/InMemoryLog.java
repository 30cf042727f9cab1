package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;

/** A log whose rebuild is where the test says. */
final class InMemoryLog implements LogOperations {

  private static final int GENERATION = 2;

  private State state = new None();
  private boolean isIncomplete;

  synchronized void is(State now) {
    state = now;
  }

  /** From now on a rebuild finds that commands are missing. */
  synchronized void loseCommands() {
    isIncomplete = true;
  }

  @Override
  public synchronized State state(DomainSchema<?, ?> schema) {
    return state;
  }

  @Override
  public synchronized Answer<Integer> rebuild(DomainSchema<?, ?> schema, int commandsPerSecond) {
    if (isIncomplete) {
      return new Answer.Unavailable<>(COMMANDS_INCOMPLETE, "calculator.commands-0 begins at 7");
    }
    if (state instanceof Rebuilding) {
      return new Answer.NotFound<>();
    }
    state = new Rebuilding(GENERATION, 0, 0, commandsPerSecond);
    return new Answer.Found<>(GENERATION);
  }

  @Override
  public synchronized Answer<Integer> cancel(DomainSchema<?, ?> schema) {
    if (state instanceof None) {
      return new Answer.NotFound<>();
    }
    state = new None();
    return new Answer.Found<>(GENERATION);
  }
}
