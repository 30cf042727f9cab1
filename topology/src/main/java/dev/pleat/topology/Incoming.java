package dev.pleat.topology;

import dev.pleat.schemas.ReadCommand;
import dev.pleat.schemas.SubmittedCommand;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/** A command as it was read from the log. */
sealed interface Incoming<C> {

  UUID id();

  String action();

  Optional<String> correlationId();

  Optional<String> actor();

  /** Of action, data in canonical form and expected version: what makes two payloads the same. */
  long fingerprint();

  /** Read in one pass: in its usual form, and known to fit its action's JSON Schema. */
  record Ready<C>(ReadCommand<C> command, long fingerprint) implements Incoming<C> {

    static <C> Ready<C> of(ReadCommand<C> command) {
      return new Ready<>(command, shortened(command.fingerprint()));
    }

    @Override
    public UUID id() {
      return command.id();
    }

    @Override
    public String action() {
      return command.action().name();
    }

    @Override
    public Optional<String> correlationId() {
      return command.correlationId();
    }

    @Override
    public Optional<String> actor() {
      return command.actor();
    }
  }

  /** Read as a tree: its action and its data are still to be checked. */
  record General<C>(SubmittedCommand command, long fingerprint) implements Incoming<C> {

    static <C> General<C> of(SubmittedCommand command) {
      String expected =
          command.expectedVersion().isPresent()
              ? Long.toString(command.expectedVersion().getAsLong())
              : "";
      return new General<>(
          command, shortened(command.data().fingerprint(command.action() + "\n" + expected)));
    }

    @Override
    public UUID id() {
      return command.id();
    }

    @Override
    public String action() {
      return command.action();
    }

    @Override
    public Optional<String> correlationId() {
      return command.correlationId();
    }

    @Override
    public Optional<String> actor() {
      return command.actor();
    }
  }

  private static long shortened(byte[] fingerprint) {
    long first = ByteBuffer.wrap(fingerprint).getLong();
    return first == RememberedCommand.ANY_PAYLOAD ? 1 : first;
  }
}
