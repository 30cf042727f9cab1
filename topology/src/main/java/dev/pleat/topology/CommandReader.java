package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageCodec;
import dev.pleat.schemas.ReadCommand;
import dev.pleat.schemas.UnreadableMessage;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Optional;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record of the commands topic, which anyone may write to: as a command in its right place,
 * a command in the wrong partition, or no command at all. Safe for use by many threads.
 */
record CommandReader<C>(DomainSchema<C, ?> schema, MessageCodec<C, ?> messages, int partitions) {

  /**
   * The largest command, in bytes of its value. A body of 256 KiB, which the HTTP API takes, can be
   * three times as large once its numbers are in their usual form.
   */
  static final int MAX_COMMAND_BYTES = 800 * 1024;

  static <C> CommandReader<C> of(DomainSchema<C, ?> schema, int partitions) {
    return new CommandReader<>(schema, MessageCodec.of(schema), partitions);
  }

  /** What a record turned out to be. */
  sealed interface Reading<C> {}

  /** A command that may be decided here. */
  record Addressed<C>(String aggregateId, Incoming<C> command) implements Reading<C> {}

  /** A command whose aggregate lives on another partition. */
  record Misplaced<C>(String aggregateId, Incoming<C> command, String detail)
      implements Reading<C> {}

  /** No command at all. */
  record Unreadable<C>(DeadLetter letter) implements Reading<C> {}

  Reading<C> read(byte @Nullable [] key, byte @Nullable [] value, int partition) {
    if (key == null || key.length == 0) {
      return unreadable("no-key", "a command's key is the id of the aggregate it addresses");
    }
    if (value == null || value.length == 0) {
      return unreadable("no-value", "a command's value is a JSON object");
    }
    if (value.length > MAX_COMMAND_BYTES) {
      return unreadable(
          "value-too-large",
          "the value has " + value.length + " bytes, a command at most " + MAX_COMMAND_BYTES);
    }
    String aggregateId;
    try {
      aggregateId = UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
    } catch (CharacterCodingException e) {
      return unreadable("invalid-key", "the key is not UTF-8");
    }
    if (!DomainSchema.isUsableAsKey(aggregateId)) {
      return unreadable("invalid-key", "a key has 1 to 256 bytes and no control characters");
    }
    Incoming<C> command;
    try {
      command = read(value, aggregateId);
    } catch (UnreadableMessage e) {
      return unreadable(reason(e), e.detail());
    }
    int right = Utils.toPositive(Utils.murmur2(key)) % partitions;
    return right == partition
        ? new Addressed<>(aggregateId, command)
        : new Misplaced<>(
            aggregateId,
            command,
            "key belongs to partition "
                + right
                + " of "
                + partitions
                + ", was sent to "
                + partition
                + "; partition by murmur2 of the key (librdkafka: partitioner=murmur2_random)");
  }

  /** In one pass if the command is in its usual form, which nearly all are. */
  private Incoming<C> read(byte[] value, String aggregateId) {
    Optional<ReadCommand<C>> ready =
        messages
            .readCommand(value)
            .filter(
                command ->
                    command
                        .addressed()
                        .map(schema::aggregateId)
                        .orElse(aggregateId)
                        .equals(aggregateId));
    return ready.isPresent()
        ? Incoming.Ready.of(ready.get())
        : Incoming.General.of(JsonCodec.readCommand(value));
  }

  private static <C> Unreadable<C> unreadable(String reason, String detail) {
    return new Unreadable<>(new DeadLetter(reason, detail));
  }

  private static String reason(UnreadableMessage e) {
    return switch (e.reason()) {
      case MALFORMED_JSON, INVALID_ENVELOPE -> "unreadable";
      case NO_COMMAND_ID -> "no-command-id";
      case INVALID_COMMAND_ID -> "invalid-command-id";
    };
  }
}
