package dev.pleat.schemas;

import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one outcome while they are read in one pass, as the command topology writes them.
 * Whoever waits for outcomes reads every one of them.
 */
final class OutcomeFields extends PlainFields {

  private static final byte[][] FIELDS =
      names(
          "id", "parent-id", "action", "data", "timestamp", "correlation-id", "actor", "replayed");
  private static final int REQUIRED = 0b1_1111;

  private static final byte[][] DATA = names("version", "events", "reason", "detail");
  private static final int VERSION = 0b1;
  private static final int EVENTS = 0b10;

  private @Nullable UUID id;
  private @Nullable UUID parentId;
  private @Nullable String action;
  private int data;
  private long version;
  private List<UUID> events = List.of();
  private @Nullable String reason;
  private @Nullable String detail;
  private @Nullable Instant timestamp;
  private @Nullable String correlationId;
  private @Nullable String actor;
  private @Nullable Boolean replayed;

  private OutcomeFields(byte[] value) {
    super(value);
  }

  /** Null if it is not in its usual form: take the general way. */
  static @Nullable Outcome read(byte[] value) {
    return new OutcomeFields(value).read();
  }

  private @Nullable Outcome read() {
    Verdict verdict = (takeAll(FIELDS) & REQUIRED) == REQUIRED ? verdict() : null;
    if (verdict == null || id == null || parentId == null || timestamp == null) {
      return null;
    }
    return new Outcome(
        id,
        parentId,
        verdict,
        timestamp,
        Optional.ofNullable(correlationId),
        Optional.ofNullable(actor),
        Boolean.TRUE.equals(replayed));
  }

  private @Nullable Verdict verdict() {
    if (action == null || (data & VERSION) == 0) {
      return null;
    }
    return switch (action) {
      case "CommandAccepted" -> (data & EVENTS) != 0 ? new Accepted(version, events) : null;
      case "CommandUnchanged" -> new Unchanged(version);
      case "CommandRejected" ->
          reason != null && detail != null ? new Rejected(version, reason, detail) : null;
      default -> null;
    };
  }

  @Override
  boolean takes(int field) {
    return switch (field) {
      case 0 -> (id = json.uuid()) != null;
      case 1 -> (parentId = json.uuid()) != null;
      case 2 -> (action = name()) != null;
      case 3 -> (data = takeObject(DATA, this::takesData)) != 0;
      case 4 -> (timestamp = json.instant()) != null;
      case 5 -> (correlationId = label()) != null;
      case 6 -> (actor = label()) != null;
      default -> (replayed = json.truth()) != null;
    };
  }

  private boolean takesData(int field) {
    return switch (field) {
      case 0 -> (version = json.count()) >= 0;
      case 1 -> takesEvents();
      case 2 -> (reason = name()) != null;
      default -> (detail = name()) != null;
    };
  }

  private boolean takesEvents() {
    if (!json.takes('[')) {
      return false;
    }
    List<UUID> ids = new ArrayList<>(1);
    do {
      UUID event = json.uuid();
      if (event == null) {
        return false;
      }
      ids.add(event);
    } while (json.takes(','));
    events = ids;
    return json.takes(']');
  }
}
