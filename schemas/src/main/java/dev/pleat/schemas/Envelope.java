package dev.pleat.schemas;

import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.UnreadableMessage.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the fields of a message one by one; every complaint names the field. */
record Envelope(ObjectNode tree) {

  UUID commandId() {
    JsonNode id = tree.get("id");
    if (id == null || id.isNull()) {
      throw new UnreadableMessage(Reason.NO_COMMAND_ID, "/id is missing");
    }
    return id.isString()
        ? JsonCodec.uuid(id.stringValue()).orElseThrow(Envelope::invalidCommandId)
        : invalid(invalidCommandId());
  }

  private static UnreadableMessage invalidCommandId() {
    return new UnreadableMessage(
        Reason.INVALID_COMMAND_ID, "/id must be a UUID: 36 characters, lower case");
  }

  @SuppressWarnings("TypeParameterUnusedInFormals") // it never returns
  private static <T> T invalid(UnreadableMessage why) {
    throw why;
  }

  UUID uuid(String field) {
    return JsonCodec.uuid(text(field)).orElseThrow(() -> wrong(field, "a UUID"));
  }

  List<UUID> uuids(String field) {
    JsonNode array = tree.get(field);
    if (array == null || !array.isArray()) {
      throw wrong(field, "an array of UUIDs");
    }
    List<UUID> ids = new ArrayList<>();
    for (JsonNode element : array) {
      ids.add(
          Optional.of(element)
              .filter(JsonNode::isString)
              .flatMap(id -> JsonCodec.uuid(id.stringValue()))
              .orElseThrow(() -> wrong(field, "an array of UUIDs")));
    }
    return ids;
  }

  String text(String field) {
    return optionalText(field).orElseThrow(() -> missing(field));
  }

  Optional<String> optionalText(String field) {
    return present(field)
        .map(value -> value.isString() ? value.stringValue() : invalid(wrong(field, "a string")));
  }

  /** A short text that travels with the message; empty counts as absent. */
  Optional<String> label(String field) {
    Optional<String> label = optionalText(field).filter(text -> !text.isEmpty());
    if (label.isPresent() && label.get().length() > JsonCodec.MAX_LABEL_CHARS) {
      throw wrong(field, "at most " + JsonCodec.MAX_LABEL_CHARS + " characters");
    }
    return label;
  }

  JsonObject object(String field) {
    return optionalObject(field).orElseThrow(() -> missing(field));
  }

  Optional<JsonObject> optionalObject(String field) {
    return present(field)
        .map(
            value ->
                value instanceof ObjectNode object
                    ? JsonCodec.wrap(object)
                    : invalid(wrong(field, "an object")));
  }

  Instant instant(String field) {
    return optionalInstant(field).orElseThrow(() -> missing(field));
  }

  Optional<Instant> optionalInstant(String field) {
    Optional<String> text = optionalText(field);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Optional<Instant> instant = InstantText.read(text.get());
    if (instant.isPresent()) {
      return instant;
    }
    throw wrong(field, "an instant like 2026-11-21T10:00:00.000Z");
  }

  long count(String field) {
    return optionalCount(field).orElseThrow(() -> missing(field));
  }

  OptionalLong optionalCount(String field) {
    Optional<JsonNode> value = present(field);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    JsonNode number = value.get();
    if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
      throw wrong(field, "an integer from 0 to 9223372036854775807");
    }
    return OptionalLong.of(number.longValue());
  }

  boolean flag(String field) {
    return present(field)
        .map(value -> value.isBoolean() ? value.booleanValue() : invalid(wrong(field, "a boolean")))
        .orElse(false);
  }

  private Optional<JsonNode> present(String field) {
    return Optional.ofNullable(tree.get(field));
  }

  private static UnreadableMessage missing(String field) {
    return new UnreadableMessage(Reason.INVALID_ENVELOPE, "/" + field + " is missing");
  }

  private static UnreadableMessage wrong(String field, String expected) {
    return new UnreadableMessage(Reason.INVALID_ENVELOPE, "/" + field + " must be " + expected);
  }
}
