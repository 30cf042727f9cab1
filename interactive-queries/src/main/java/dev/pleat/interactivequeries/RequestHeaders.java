package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import io.javalin.http.Context;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads what a request says beside its body, or refuses it with what is wrong. */
final class RequestHeaders {

  private static final Pattern STRONG_VERSION = Pattern.compile("\"([0-9]{1,18})\"");
  private static final Pattern TRACEPARENT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");
  private static final Pattern QUALITY = Pattern.compile("(?i)q\\s*=\\s*([01](?:\\.[0-9]{0,3})?)");
  private static final int MAX_SHOWN = 80;
  private static final String ACTOR = "Pleat-Actor";
  private static final Pattern ACTOR_NAME = Pattern.compile("[ -~]{1,200}");
  private static final List<String> PROXIES = List.of("Forwarded", "X-Forwarded-For", "Via");

  private RequestHeaders() {}

  /** The values of a header, one for each line, without the space around them. */
  static List<String> all(Context request, String name) {
    Enumeration<String> values = request.req().getHeaders(name);
    return values.hasMoreElements()
        ? Collections.list(values).stream().map(String::strip).toList()
        : List.of();
  }

  /** The command's id as the client gave it; empty if it gave none. */
  static Optional<UUID> commandId(Context request) {
    List<UUID> ids =
        all(request, "Idempotency-Key").stream()
            .map(RequestHeaders::unquoted)
            .map(text -> commandId(text, "Idempotency-Key"))
            .distinct()
            .toList();
    if (ids.size() > 1) {
      throw Refusal.of(
          Problem.INVALID_COMMAND_ID, "there are several headers Idempotency-Key that differ");
    }
    return ids.stream().findFirst();
  }

  /** Reads a command's id; upper case is accepted. */
  static UUID commandId(String text, String where) {
    return JsonCodec.uuid(text.toLowerCase(Locale.ROOT))
        .orElseThrow(
            () ->
                Refusal.of(
                    Problem.INVALID_COMMAND_ID,
                    where
                        + " must be a UUID in its usual form, like"
                        + " 7037a79d-7e6b-4969-9ea5-6d5c28605ac4"));
  }

  /** The version the aggregate must have. */
  static OptionalLong expectedVersion(Context request) {
    List<String> match = all(request, "If-Match");
    List<String> noneMatch = all(request, "If-None-Match");
    if (match.isEmpty() && noneMatch.isEmpty()) {
      return OptionalLong.empty();
    }
    if (match.size() + noneMatch.size() == 1) {
      if (noneMatch.equals(List.of("*"))) {
        return OptionalLong.of(0);
      }
      Matcher version = STRONG_VERSION.matcher(String.join("", match));
      if (version.matches()) {
        return OptionalLong.of(Long.parseLong(version.group(1)));
      }
    }
    throw Refusal.of(
        Problem.INVALID_PRECONDITION,
        "send either If-Match with one version in quotes, like \"7\", or If-None-Match: *");
  }

  /** The trace the request belongs to; anything that is not in the W3C form is ignored. */
  static Optional<String> traceparent(Context request) {
    List<String> values = all(request, "traceparent");
    return values.size() == 1
        ? Optional.of(values.get(0)).filter(value -> TRACEPARENT.matcher(value).matches())
        : Optional.empty();
  }

  /**
   * Who sends the command. While nobody is authenticated anyone may say who they are, but only from
   * this machine, and not through a proxy, which would speak for everybody.
   */
  static Optional<String> actor(Context request) {
    List<String> actors = all(request, ACTOR);
    if (actors.isEmpty()) {
      return Optional.empty();
    }
    if (!isFromThisMachine(request)) {
      throw Refusal.of(
          Problem.NOT_AUTHORISED,
          "the header "
              + ACTOR
              + " is for trials: it is taken from the same machine only, and not"
              + " through a proxy");
    }
    String actor = actors.get(0);
    if (actors.size() > 1 || !ACTOR_NAME.matcher(actor).matches()) {
      throw Refusal.of(
          Problem.INVALID_ACTOR,
          "send " + ACTOR + " once, with 1 to 200 printable characters of ASCII");
    }
    if (DomainSchema.isReservedActor(actor)) {
      throw Refusal.of(
          Problem.INVALID_ACTOR,
          "policies and effects send their commands by themselves; nobody else may say " + actor);
    }
    return Optional.of(actor);
  }

  /** Refuses whoever is not known to be on this machine: while nobody is authenticated, others. */
  static void requireOperator(Context request) {
    if (!isFromThisMachine(request)) {
      throw Refusal.of(
          Problem.NOT_AUTHORISED,
          "the state of the write side is shown on the same machine only, and not through a proxy");
    }
  }

  private static boolean isFromThisMachine(Context request) {
    return isLoopback(request.req().getRemoteAddr())
        && isLoopback(request.req().getLocalAddr())
        && PROXIES.stream().allMatch(header -> all(request, header).isEmpty());
  }

  private static boolean isLoopback(@Nullable String address) {
    if (address == null || address.isBlank()) {
      return false;
    }
    // What a server knows of its own connections is an address: nothing is looked up.
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Refuses a body that is not said to be plain JSON in UTF-8. */
  static void requireJsonBody(Context request) {
    List<String> encodings = all(request, "Content-Encoding");
    if (!encodings.stream().allMatch(encoding -> encoding.equalsIgnoreCase("identity"))) {
      throw new Refusal(
          Problem.of(Problem.UNSUPPORTED_MEDIA_TYPE, "send the body without Content-Encoding")
              .with("Accept-Encoding", "identity"));
    }
    List<String> types = all(request, "Content-Type");
    if (types.size() != 1 || !isJson(types.get(0))) {
      throw Refusal.of(
          Problem.UNSUPPORTED_MEDIA_TYPE,
          "send it with -H 'Content-Type: application/json' (got "
              + (types.isEmpty() ? "none" : shown(String.join(", ", types)))
              + ")");
    }
  }

  private static boolean isJson(String contentType) {
    String[] parts = contentType.split(";", -1);
    if (!parts[0].strip().equalsIgnoreCase(Reply.JSON)) {
      return false;
    }
    for (int i = 1; i < parts.length; i++) {
      String[] parameter = parts[i].split("=", 2);
      if (parameter[0].strip().equalsIgnoreCase("charset")
          && !(parameter.length == 2 && unquoted(parameter[1].strip()).equalsIgnoreCase("utf-8"))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Which of these types a client wants most, the first of those it wants equally. The most exact
   * media range decides for each, as in RFC 9110.
   *
   * @throws Refusal if it takes none
   */
  static String accepted(Context request, List<String> types) {
    String accept = String.join(",", all(request, "Accept"));
    if (accept.isBlank()) {
      return types.getFirst();
    }
    String most = types.getFirst();
    double best = 0;
    for (String type : types) {
      double wanted = wanted(accept, type);
      if (wanted > best) {
        best = wanted;
        most = type;
      }
    }
    if (best == 0) {
      throw Refusal.of(
          Problem.NOT_ACCEPTABLE,
          "only " + String.join(" or ", types) + " is answered; send Accept: */*");
    }
    return most;
  }

  /** Whether a client takes this type. */
  static boolean accepts(Context request, String type) {
    String accept = String.join(",", all(request, "Accept"));
    return accept.isBlank() || wanted(accept, type) > 0;
  }

  private static double wanted(String accept, String type) {
    int exactness = -1;
    double wanted = 0;
    for (String range : accept.split(",", -1)) {
      String[] parts = range.split(";", -1);
      String name = parts[0].strip().toLowerCase(Locale.ROOT);
      int exact = -1;
      if (name.equals(type)) {
        exact = 2;
      } else if (name.equals(type.substring(0, type.indexOf('/')) + "/*")) {
        exact = 1;
      } else if (name.equals("*/*") || name.equals("*")) {
        exact = 0;
      }
      if (exact > exactness) {
        exactness = exact;
        wanted = quality(parts);
      }
    }
    return wanted;
  }

  /** The weight of a media range, given in its parts. */
  private static double quality(String[] range) {
    double quality = 1;
    for (int i = 1; i < range.length; i++) {
      Matcher weight = QUALITY.matcher(range[i].strip());
      if (weight.matches()) {
        quality = Double.parseDouble(weight.group(1));
      }
    }
    return quality;
  }

  /**
   * Whether a client asks to be sent events: it names them, and does not name JSON before them. A
   * range that covers both is not enough, because whoever sends none in particular wants JSON.
   */
  static boolean wantsEvents(Context request) {
    if (!request.req().getMethod().equals("GET")) {
      return false;
    }
    String accept = String.join(",", all(request, "Accept"));
    double events = quality(accept, EventStream.CONTENT_TYPE);
    return events > 0 && events >= quality(accept, Reply.JSON);
  }

  /** How much a type is wanted that is named; 0 if it is not. */
  private static double quality(String accept, String type) {
    double best = 0;
    for (String range : accept.split(",", -1)) {
      String[] parts = range.split(";", -1);
      if (parts[0].strip().equalsIgnoreCase(type)) {
        best = Math.max(best, quality(parts));
      }
    }
    return best;
  }

  /** A query parameter that may be there once, or several times the same. */
  static Optional<String> parameter(Context request, String name) {
    return once(name, parameters(request, name));
  }

  /** A parameter of which these values were given. */
  static Optional<String> once(String name, List<String> given) {
    if (given.isEmpty()) {
      return Optional.empty();
    }
    List<String> values = given.stream().distinct().toList();
    if (values.size() > 1) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER, "the query parameter " + name + " is there more than once");
    }
    return values.stream().findFirst();
  }

  /** The names of all query parameters, each once. */
  static List<String> parameterNames(Context request) {
    String query = request.req().getQueryString();
    if (query == null || query.isEmpty()) {
      return List.of();
    }
    return Arrays.stream(query.split("&", -1))
        .map(parameter -> decoded(parameter.split("=", 2)[0]))
        .distinct()
        .toList();
  }

  /**
   * All values of a query parameter. Read here, always as UTF-8: the web framework would decode
   * them in whatever the content type says, and fails when that makes no sense.
   */
  static List<String> parameters(Context request, String name) {
    String query = request.req().getQueryString();
    if (query == null) {
      return List.of();
    }
    return Arrays.stream(query.split("&", -1))
        .map(parameter -> parameter.split("=", 2))
        .filter(parameter -> decoded(parameter[0]).equals(name))
        .map(parameter -> parameter.length == 2 ? decoded(parameter[1]) : "")
        .toList();
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER, "the query has a % without two hexadecimal digits");
    }
  }

  private static String unquoted(String value) {
    return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1)
        : value;
  }

  private static String shown(String input) {
    String printable =
        input
            .chars()
            .limit(MAX_SHOWN)
            .mapToObj(c -> c >= ' ' && c < 127 ? String.valueOf((char) c) : "?")
            .collect(Collectors.joining());
    return input.length() > MAX_SHOWN ? printable + "..." : printable;
  }
}
