package dev.pleat.interactivequeries;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a client would like (RFC 7240). Preferences that are not known, or make no sense, are
 * ignored, as that document wants it.
 *
 * @param respondAsync not to wait for the outcome, or no longer than {@code waitSeconds}
 * @param waitSeconds how long to wait for the outcome, at most 30 seconds
 * @param representation to be answered with the row
 */
record Preferences(boolean respondAsync, OptionalInt waitSeconds, boolean representation) {

  private static final int MAX_WAIT_SECONDS = 30;
  private static final Duration DEFAULT_WAIT = Duration.ofSeconds(5);
  private static final int MAX_PREFERENCES = 50;

  /** Reads the values of all {@code Prefer} headers. */
  static Preferences of(List<String> headers) {
    Map<String, String> byName = new HashMap<>();
    headers.stream()
        .flatMap(header -> split(header).stream())
        .limit(MAX_PREFERENCES)
        .forEach(
            preference -> {
              String[] parts = preference.split(";", 2)[0].split("=", 2);
              String value = parts.length == 2 ? unquoted(parts[1].strip()) : "";
              // The first one counts when a preference is there twice.
              byName.putIfAbsent(parts[0].strip().toLowerCase(Locale.ROOT), value);
            });
    return new Preferences(
        byName.containsKey("respond-async"),
        seconds(byName.getOrDefault("wait", "")),
        byName.getOrDefault("return", "").equalsIgnoreCase("representation"));
  }

  /** How long to wait for the outcome; zero for not at all. */
  Duration timeToWait() {
    if (waitSeconds.isPresent()) {
      return Duration.ofSeconds(waitSeconds.getAsInt());
    }
    return respondAsync ? Duration.ZERO : DEFAULT_WAIT;
  }

  /**
   * The value of {@code Preference-Applied}; empty if none was.
   *
   * @param async whether the answer did not wait for the outcome
   * @param row whether the answer is the row
   */
  Optional<String> applied(boolean async, boolean row) {
    List<String> applied = new ArrayList<>();
    if (respondAsync && async) {
      applied.add("respond-async");
    }
    waitSeconds.ifPresent(seconds -> applied.add("wait=" + seconds));
    if (representation && row) {
      applied.add("return=representation");
    }
    return applied.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", applied));
  }

  private static OptionalInt seconds(String text) {
    return text.matches("[0-9]{1,9}")
        ? OptionalInt.of(Math.min(Integer.parseInt(text), MAX_WAIT_SECONDS))
        : OptionalInt.empty();
  }

  private static String unquoted(String value) {
    return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1)
        : value;
  }

  /** Splits at commas that are not inside quotes. */
  private static List<String> split(String header) {
    List<String> parts = new ArrayList<>();
    boolean quoted = false;
    int from = 0;
    for (int i = 0; i < header.length(); i++) {
      char c = header.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        parts.add(header.substring(from, i));
        from = i + 1;
      }
    }
    parts.add(header.substring(from));
    return parts;
  }
}
