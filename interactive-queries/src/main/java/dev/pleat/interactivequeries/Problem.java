package dev.pleat.interactivequeries;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonSchemas.Violation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The body of every error (RFC 9457). Its {@code code} is the machine's word, the rest follows from
 * it.
 *
 * @param code in kebab-case
 * @param status the HTTP status
 * @param title a sentence that is the same for every problem of this code
 * @param detail a sentence about this very problem
 * @param commandId the command, once it is known
 * @param version the aggregate's version, if the problem is about it
 * @param retryable whether the same request may succeed later
 * @param errors what does not fit a schema
 * @param headers what is answered beside the body
 */
record Problem(
    String code,
    int status,
    String title,
    String detail,
    Optional<UUID> commandId,
    OptionalLong version,
    boolean retryable,
    List<Violation> errors,
    Map<String, String> headers) {

  static final String CONTENT_TYPE = "application/problem+json";

  static final String SCHEMA_MISMATCH = "schema-mismatch";
  static final String VERSION_CONFLICT = "version-conflict";
  static final String UNKNOWN_ACTION = "unknown-action";
  static final String NOT_FOUND = "not-found";
  static final String INVALID_ID = "invalid-id";
  static final String INVALID_TOKEN = "invalid-token";
  static final String INVALID_PARAMETER = "invalid-parameter";
  static final String INVALID_PRECONDITION = "invalid-precondition";
  static final String INVALID_COMMAND_ID = "invalid-command-id";
  static final String INVALID_ACTOR = "invalid-actor";
  static final String NOT_STOPPED = "not-stopped";
  static final String REBUILD_UNDER_WAY = "rebuild-under-way";
  static final String NOT_BUILDING = "not-building";
  static final String NOT_AUTHORISED = "not-authorised";
  static final String MALFORMED_JSON = "malformed-json";
  static final String UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type";
  static final String BODY_TOO_LARGE = "body-too-large";
  static final String NOT_ACCEPTABLE = "not-acceptable";
  static final String METHOD_NOT_ALLOWED = "method-not-allowed";
  static final String COMMAND_NOT_FOUND = "command-not-found";
  static final String OUTCOME_UNKNOWN = "outcome-unknown";
  static final String POSITION_NOT_REACHED = "position-not-reached";
  static final String OVERLOADED = "overloaded";
  static final String INTERNAL_ERROR = "internal-error";

  private static final int CONFLICT = 409;
  private static final int NOT_IMPLEMENTED = 501;
  private static final int UNAVAILABLE = 503;
  private static final String RETRY_AFTER_SECONDS = "1";

  private record Kind(int status, String title) {}

  /** The problem of this code; a code that is not known here is a domain's reason for rejection. */
  static Problem of(String code, String detail) {
    Kind kind = kind(code);
    boolean unavailable = kind.status() == UNAVAILABLE;
    return new Problem(
        code,
        kind.status(),
        kind.title(),
        detail,
        Optional.empty(),
        OptionalLong.empty(),
        unavailable || code.equals("decision-failed"),
        List.of(),
        unavailable ? Map.of("Retry-After", RETRY_AFTER_SECONDS) : Map.of());
  }

  /** The problem of a request that was refused by the HTTP server itself with this status. */
  static Problem ofStatus(int status) {
    return switch (status) {
      case 404 -> of(NOT_FOUND, "there is nothing at this path");
      case 405 -> of(METHOD_NOT_ALLOWED, "this path does not take this method");
      case 413 -> of(BODY_TOO_LARGE, "the body is too large");
      case 414 -> of("uri-too-long", "the request's path and query are too long");
      case 415 -> of(UNSUPPORTED_MEDIA_TYPE, "this kind of content is not taken");
      case 431 -> of("headers-too-large", "the request's headers have more than 16 KiB");
      case 503 -> of("not-now", "this instance does not take requests just now");
      default ->
          (status >= 400 && status < 500) || status == 505
              ? of("bad-request", "the request is not well-formed HTTP/1.1").withStatus(status)
              : of(INTERNAL_ERROR, "this is a defect of the server; its log says more");
    };
  }

  Problem about(UUID command) {
    return new Problem(
        code, status, title, detail, Optional.of(command), version, retryable, errors, headers);
  }

  Problem at(long newVersion) {
    return new Problem(
        code,
        status,
        title,
        detail,
        commandId,
        OptionalLong.of(newVersion),
        retryable,
        errors,
        headers);
  }

  Problem with(List<Violation> newErrors) {
    return new Problem(
        code,
        status,
        title,
        detail,
        commandId,
        version,
        retryable,
        List.copyOf(newErrors),
        headers);
  }

  Problem with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Problem(
        code, status, title, detail, commandId, version, retryable, errors, Map.copyOf(more));
  }

  private Problem withStatus(int newStatus) {
    return new Problem(
        code, newStatus, title, detail, commandId, version, retryable, errors, headers);
  }

  Reply reply() {
    return new Reply(status, CONTENT_TYPE, headers, body());
  }

  byte[] body() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("type", "urn:pleat:problem:" + code);
    fields.put("title", title);
    fields.put("status", status);
    fields.put("code", code);
    fields.put("detail", detail);
    addMore(fields);
    return JsonCodec.object(fields).bytes();
  }

  /** What machines read of it. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("code", code);
    fields.put("status", status);
    addMore(fields);
    return fields;
  }

  private void addMore(Map<String, Object> fields) {
    commandId.ifPresent(id -> fields.put("command-id", id.toString()));
    version.ifPresent(number -> fields.put("version", number));
    fields.put("retryable", retryable);
    if (!errors.isEmpty()) {
      fields.put(
          "errors",
          errors.stream()
              .map(
                  error -> {
                    Map<String, String> entry = new LinkedHashMap<>();
                    entry.put("pointer", error.pointer());
                    entry.put("code", error.code());
                    return entry;
                  })
              .toList());
    }
  }

  private static Kind kind(String code) {
    return switch (code) {
      case MALFORMED_JSON -> new Kind(400, "The body is not one well-formed JSON object");
      case INVALID_ID -> new Kind(400, "The id does not have the form of this domain's ids");
      case INVALID_COMMAND_ID -> new Kind(400, "The command id is not a UUID");
      case INVALID_TOKEN -> new Kind(400, "The token is not one that can be used here");
      case INVALID_PARAMETER -> new Kind(400, "A parameter is not of the right form");
      case INVALID_PRECONDITION -> new Kind(400, "The precondition cannot be used here");
      case INVALID_ACTOR -> new Kind(400, "The actor's name cannot be used");
      case GraphQlErrors.INVALID_QUERY -> new Kind(400, "The query cannot be executed");
      case GraphQlErrors.TOO_LARGE -> new Kind(400, "The answer would be too large");
      case "bad-request" -> new Kind(400, "The request cannot be read");
      case NOT_AUTHORISED -> new Kind(403, "Not permitted");
      case NOT_FOUND -> new Kind(404, "Not found");
      case UNKNOWN_ACTION -> new Kind(404, "The domain has no such action");
      case COMMAND_NOT_FOUND -> new Kind(404, "No such command is known");
      case METHOD_NOT_ALLOWED -> new Kind(405, "The path does not take this method");
      case NOT_ACCEPTABLE -> new Kind(406, "Only JSON is answered");
      case VERSION_CONFLICT -> new Kind(412, "The aggregate does not have the expected version");
      case BODY_TOO_LARGE -> new Kind(413, "The body is too large");
      case "uri-too-long" -> new Kind(414, "The path and query are too long");
      case UNSUPPORTED_MEDIA_TYPE -> new Kind(415, "Only uncompressed JSON in UTF-8 is taken");
      case SCHEMA_MISMATCH -> new Kind(422, "The command does not fit its schema");
      case "command-id-reused" ->
          new Kind(422, "The command id was used before for another command");
      case "too-large" -> new Kind(422, "The command would make something too large to record");
      case "key-mismatch", "wrong-partition" ->
          new Kind(422, "The command does not lie where it belongs on the log");
      case "headers-too-large" -> new Kind(431, "The headers are too large");
      case "decision-failed" -> new Kind(500, "The decision failed; nothing was changed");
      case INTERNAL_ERROR -> new Kind(500, "The server failed");
      case Answer.NOT_OFFERED ->
          new Kind(NOT_IMPLEMENTED, "The runtime that answers has no such thing");
      case "dedupe-full" -> new Kind(UNAVAILABLE, "No more commands can be remembered just now");
      case OVERLOADED -> new Kind(UNAVAILABLE, "Too much is under way");
      case POSITION_NOT_REACHED -> new Kind(UNAVAILABLE, "The view has not got that far yet");
      case Answer.VIEW_STOPPED -> new Kind(UNAVAILABLE, "The view has stopped");
      case Answer.NOT_NOW -> new Kind(UNAVAILABLE, "Not now");
      case Answer.REPLICA_NOT_COMPLETE ->
          new Kind(UNAVAILABLE, "The replica has no complete copy of the view yet");
      case OUTCOME_UNKNOWN ->
          new Kind(UNAVAILABLE, "It is not known whether the command was received");
      case NOT_STOPPED -> new Kind(CONFLICT, "The view has not stopped");
      case REBUILD_UNDER_WAY -> new Kind(CONFLICT, "It is being rebuilt already");
      case NOT_BUILDING -> new Kind(CONFLICT, "It is not being rebuilt");
      case LogOperations.COMMANDS_INCOMPLETE ->
          new Kind(CONFLICT, "The commands topic does not have all commands any more");
      case "expired" -> new Kind(CONFLICT, "The command came too late");
      default -> new Kind(CONFLICT, "The command was rejected");
    };
  }
}
