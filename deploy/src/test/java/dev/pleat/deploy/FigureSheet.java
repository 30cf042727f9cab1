package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * The figures of one measurement: tables, printed and appended to {@code target/measurements.md} as
 * they come, and bars, which are checked together at the end so that one that is missed does not
 * hide the figures after it.
 */
final class FigureSheet {

  private static final Path FILE = Path.of("target", "measurements.md");

  private final List<String> missed = new ArrayList<>();

  FigureSheet(String title) {
    write("\n## " + title + "\n");
  }

  void table(List<String> head, List<List<String>> rows) {
    StringBuilder text = new StringBuilder("\n").append(line(head));
    text.append(line(Collections.nCopies(head.size(), "---")));
    rows.forEach(row -> text.append(line(row)));
    write(text.toString());
  }

  void note(String text) {
    write("\n" + text + "\n");
  }

  /** A figure that must be at least so large. */
  void atLeast(double bar, String what, double figure) {
    bar(figure >= bar, what + ": " + number(figure) + " >= " + number(bar));
  }

  /** A figure that must be at most so large. */
  void atMost(double bar, String what, double figure) {
    bar(figure <= bar, what + ": " + number(figure) + " <= " + number(bar));
  }

  /** Without decimals where there are thousands. */
  static String number(double number) {
    return String.format(Locale.ROOT, number >= 1_000 ? "%.0f" : "%.2f", number);
  }

  static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  /** The median of some figures, with the lowest and the highest; the format is that of one. */
  static String spread(String format, List<Double> figures) {
    return String.format(
        Locale.ROOT,
        format + " (" + format + " to " + format + ")",
        median(figures),
        Collections.min(figures),
        Collections.max(figures));
  }

  /** A bar: what must hold, with the figure it was held against. */
  void bar(boolean met, String text) {
    write("\n- " + (met ? "met: " : "MISSED: ") + text + "\n");
    if (!met) {
      missed.add(text);
    }
  }

  /** Fails if a bar was missed. */
  void check() {
    assertEquals(List.of(), missed, "bars that were missed");
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static void write(String text) {
    System.out.print(text);
    try {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
