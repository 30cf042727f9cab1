package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Instants as messages have them: UTC with milliseconds, {@code 2026-11-21T10:00:00.000Z}. */
final class InstantText {

  private static final byte[] FORM = "0000-00-00T00:00:00.000Z".getBytes(ISO_8859_1);

  /** The bytes of an instant of the years 0 to 9999. */
  static final int LENGTH = FORM.length;

  private static final long SECONDS_A_DAY = 86_400;
  private static final int NANOS_A_MILLI = 1_000_000;
  private static final int DAYS_OF_EVERY_MONTH = 28;
  private static final Instant FIRST = Instant.parse("0000-01-01T00:00:00Z");
  private static final Instant AFTER_LAST = Instant.parse("+10000-01-01T00:00:00Z");
  private static final DateTimeFormatter ANY_YEAR =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private InstantText() {}

  static String of(Instant instant) {
    byte[] text = new byte[LENGTH];
    return write(instant, text, 0) ? new String(text, ISO_8859_1) : ANY_YEAR.format(instant);
  }

  /** Writes {@link #LENGTH} bytes; false, and nothing written, for other years than 0 to 9999. */
  static boolean write(Instant instant, byte[] to, int at) {
    if (isBeyond(instant)) {
      return false;
    }
    long day = Math.floorDiv(instant.getEpochSecond(), SECONDS_A_DAY);
    int second = (int) (instant.getEpochSecond() - day * SECONDS_A_DAY);
    LocalDate date = LocalDate.ofEpochDay(day);
    System.arraycopy(FORM, 0, to, at, LENGTH);
    two(to, at, date.getYear() / 100);
    two(to, at + 2, date.getYear() % 100);
    two(to, at + 5, date.getMonthValue());
    two(to, at + 8, date.getDayOfMonth());
    two(to, at + 11, second / 3600);
    two(to, at + 14, second / 60 % 60);
    two(to, at + 17, second % 60);
    int millis = instant.getNano() / NANOS_A_MILLI;
    to[at + 20] += (byte) (millis / 100);
    two(to, at + 21, millis % 100);
    return true;
  }

  private static void two(byte[] to, int at, int number) {
    to[at] = (byte) ('0' + number / 10);
    to[at + 1] = (byte) ('0' + number % 10);
  }

  /** An instant of the years 0 to 9999 in any of the forms of ISO 8601 that Java reads. */
  static Optional<Instant> read(String text) {
    if (text.length() == LENGTH) {
      // What is not Latin-1 becomes a question mark, which is in no instant.
      Instant usual = readUsual(text.getBytes(ISO_8859_1), 0, LENGTH);
      if (usual != null) {
        return Optional.of(usual);
      }
    }
    try {
      Instant instant = Instant.parse(text);
      return isBeyond(instant) ? Optional.empty() : Optional.of(instant);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Beyond these years an instant has neither its usual form nor milliseconds in a long. */
  private static boolean isBeyond(Instant instant) {
    return instant.isBefore(FIRST) || !instant.isBefore(AFTER_LAST);
  }

  /** An instant as {@link #of} writes it, at a time that every day has; null for any other text. */
  static @Nullable Instant readUsual(byte[] text, int from, int to) {
    if (to - from != LENGTH) {
      return null;
    }
    for (int i = 0; i < LENGTH; i++) {
      byte c = text[from + i];
      if (FORM[i] == '0' ? c < '0' || c > '9' : c != FORM[i]) {
        return null;
      }
    }
    int year = two(text, from) * 100 + two(text, from + 2);
    int month = two(text, from + 5);
    int day = two(text, from + 8);
    int hour = two(text, from + 11);
    int minute = two(text, from + 14);
    int second = two(text, from + 17);
    int millis = (text[from + 20] - '0') * 100 + two(text, from + 21);
    if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) {
      return null;
    }
    LocalDate first = LocalDate.of(year, month, 1);
    if (day > DAYS_OF_EVERY_MONTH && day > first.lengthOfMonth()) {
      return null;
    }
    return Instant.ofEpochSecond(
        (first.toEpochDay() + day - 1) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second,
        (long) millis * NANOS_A_MILLI);
  }

  private static int two(byte[] text, int at) {
    return (text[at] - '0') * 10 + text[at + 1] - '0';
  }
}
