package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The figures of one measurement as a Markdown table, and the bars they are held to. All rows are
 * shown before a missed bar fails the test. Used by one thread.
 */
final class MeasurementTable {

  private final List<String> lines = new ArrayList<>();
  private final List<String> missed = new ArrayList<>();

  MeasurementTable(String title, String... columns) {
    lines.add("");
    lines.add("**" + title + "**");
    lines.add("");
    lines.add("| " + String.join(" | ", columns) + " |");
    lines.add("|" + "---|".repeat(columns.length));
  }

  void row(Object... cells) {
    List<String> texts = new ArrayList<>();
    for (Object cell : cells) {
      texts.add(cell instanceof Double number ? text(number) : String.valueOf(cell));
    }
    String line = "| " + String.join(" | ", texts) + " |";
    lines.add(line);
    System.out.println(line);
  }

  /** A figure that must be at least so large. */
  void atLeast(double bar, String what, double figure) {
    hold(figure >= bar, what + " is " + text(figure) + ", at least " + text(bar) + " is wanted");
  }

  /** A figure that must be at most so large. */
  void atMost(double bar, String what, double figure) {
    hold(figure <= bar, what + " is " + text(figure) + ", at most " + text(bar) + " is wanted");
  }

  private void hold(boolean met, String sentence) {
    String line = (met ? "met: " : "MISSED: ") + sentence;
    lines.add("");
    lines.add(line);
    System.out.println(line);
    if (!met) {
      missed.add(sentence);
    }
  }

  /** Prints everything, adds it to {@code target/measurements.md}, and fails on missed bars. */
  void finish() {
    String all = String.join("\n", lines) + "\n";
    System.out.println(all);
    try {
      Files.writeString(
          Path.of("target", "measurements.md"),
          all,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertEquals(List.of(), missed, "missed bars");
  }

  static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static String text(double number) {
    return String.format(Locale.ROOT, number >= 1_000 ? "%.0f" : "%.2f", number);
  }
}
