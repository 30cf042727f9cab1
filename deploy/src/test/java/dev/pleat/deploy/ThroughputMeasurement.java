package dev.pleat.deploy;

import static dev.pleat.deploy.FigureSheet.median;
import static dev.pleat.deploy.FigureSheet.number;

import dev.pleat.deploy.BenchmarkedApplication.Measured;
import dev.pleat.deploy.BenchmarkedApplication.Work;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How many commands a second are decided, beside a Kafka Streams pass-through on the same broker in
 * the same run: the broker in a JVM of its own, the application in another, baseline and engine by
 * turns. Also the rebuild of a view, and the restore of lost stores. Not part of {@code verify}:
 * the profile {@code measure} runs it.
 *
 * <p>{@code -Dpleat.repetitions=5} is how often the main figures are taken, {@code
 * -Dpleat.variant-repetitions=3} the others, {@code -Dpleat.jvm=...} gives the application more
 * flags, such as a profiler's.
 */
final class ThroughputMeasurement {

  private static final int REPETITIONS = Integer.getInteger("pleat.repetitions", 5);
  private static final int VARIANT_REPETITIONS = Integer.getInteger("pleat.variant-repetitions", 3);
  private static final int TIMED = 500_000;
  private static final int AGGREGATES = 50_000;

  /** The clock starts when each aggregate remembers half of what it can. */
  private static final int BEFORE = 8 * AGGREGATES;

  private static final Backlog USUAL = Backlog.of(AGGREGATES, BEFORE + TIMED);

  @TempDir Path directory;
  private int runs;

  private final FigureSheet sheet =
      new FigureSheet("Throughput: medians (lowest to highest) of single runs");
  private final List<List<String>> rows = new ArrayList<>();

  @Test
  void decides_commands_in_the_time_a_plain_kafka_streams_application_takes() {
    double usual;
    double decided;
    double hot;
    double waited;
    try (Setting setting = new Setting(USUAL)) {
      List<List<Measured>> all =
          byTurns(
              REPETITIONS,
              new Step(setting, Work.PASS_THROUGH, BEFORE, BEFORE + TIMED),
              new Step(setting, Work.COMMANDS, BEFORE, BEFORE + TIMED),
              new Step(setting, Work.COMMANDS_AND_STATUS, BEFORE, BEFORE + TIMED),
              new Step(setting, Work.TUNED_PASS_THROUGH, BEFORE, BEFORE + TIMED));
      row("(a) pass-through, one input, two outputs", all.get(0), all.get(0));
      row("(a) with the settings of the command topology", all.get(3), all.get(0));
      usual = row("(b) commands, 50 000 aggregates", all.get(1), all.get(0));
      decided = rate(all.get(1));
      row("(b) with command status beside it", all.get(2), all.get(0));
    }
    hot = besideUsual("one aggregate at 1 % of the rate", USUAL.withHotAggregate(1));
    waited = besideUsual("1 % of the commands waited for", USUAL.waitedFor(1));
    double few = variant("(g) 1 000 aggregates", Backlog.of(1_000, BEFORE + TIMED));
    double many = variant("(g) 1 000 000 aggregates", Backlog.of(1_000_000, 1_000_000 + TIMED));
    double view;
    double restore;
    try (Setting setting = new Setting(Backlog.of(AGGREGATES, 1_000_000))) {
      setting.application.measure(Work.COMMANDS, "events", 0, 1_000_000);
      List<List<Measured>> all =
          byTurns(
              REPETITIONS,
              new Step(setting, Work.PASS_THROUGH, 100_000, 1_000_000),
              new Step(setting, Work.VIEW, 100_000, 1_000_000));
      row("(a) again", all.get(0), all.get(0));
      view = row("(d) view from the first of 1 000 000 events", all.get(1), all.get(0));
      List<Measured> restored = new ArrayList<>();
      for (int i = 0; i < REPETITIONS; i++) {
        restored.add(setting.application.measure(Work.RESTORE, "events", 0, 0));
      }
      row("(f) restore of the command stores", restored, all.get(0));
      restore = rate(restored);
    }
    sheet.table(
        List.of(
            "what",
            "records/s",
            "of the baseline beside it",
            "CPU µs a record: application",
            "broker",
            "runs"),
        rows);
    sheet.atLeast(0.25, "(b) / (a)", usual);
    sheet.atLeast(0.9, "(b) waited for / (b) by turns with it", waited);
    sheet.atLeast(0.5, "(b) with a hot aggregate / (b) by turns with it", hot);
    sheet.atLeast(0.5, "(g) fewest / most", Math.min(few, many) / Math.max(few, many));
    sheet.atLeast(0.30, "(d) / (a)", view);
    sheet.atLeast(3, "(f) / (b)", restore / decided);
    sheet.check();
  }

  private double variant(String what, Backlog backlog) {
    try (Setting setting = new Setting(backlog)) {
      int from = backlog.commands() - TIMED;
      List<List<Measured>> all =
          byTurns(
              VARIANT_REPETITIONS,
              new Step(setting, Work.PASS_THROUGH, from, backlog.commands()),
              new Step(setting, Work.COMMANDS, from, backlog.commands()));
      return row(what, all.get(1), all.get(0));
    }
  }

  /**
   * Commands of another backlog, by turns with the usual ones. Each has a broker and an application
   * of its own, as new as the other's, and comes after a pass-through: else the one that has run
   * before is compiled better, and the one that comes later waits for what the one before has
   * written to reach the disk.
   *
   * @return the median of the ratios of neighbouring runs
   */
  private double besideUsual(String what, Backlog backlog) {
    try (Setting usual = new Setting(USUAL);
        Setting setting = new Setting(backlog)) {
      List<List<Measured>> all =
          byTurns(
              REPETITIONS,
              new Step(usual, Work.PASS_THROUGH, BEFORE, BEFORE + TIMED),
              new Step(usual, Work.COMMANDS, BEFORE, BEFORE + TIMED),
              new Step(setting, Work.PASS_THROUGH, BEFORE, BEFORE + TIMED),
              new Step(setting, Work.COMMANDS, BEFORE, BEFORE + TIMED));
      row("(b) again", all.get(1), all.get(0));
      row("(b) with " + what, all.get(3), all.get(2));
      return median(ratios(all.get(3), all.get(1)));
    }
  }

  /** Something to measure: the clock runs from so many records to so many. */
  private record Step(Setting setting, Work work, long from, long to) {

    Measured measure(String run, long begin, long end) {
      return setting.application.measure(work, run, begin, end);
    }
  }

  /** A turn of all steps that does not count, then the others. */
  private List<List<Measured>> byTurns(int repetitions, Step... steps) {
    List<List<Measured>> all = new ArrayList<>();
    for (Step step : steps) {
      all.add(new ArrayList<>());
      step.measure("warm" + runs++, step.from() / 2, step.to() / 2);
    }
    for (int turn = 0; turn < repetitions; turn++) {
      for (int i = 0; i < steps.length; i++) {
        Measured measured = steps[i].measure("r" + runs++, steps[i].from(), steps[i].to());
        all.get(i).add(measured);
        System.out.printf("%s %.0f/s%n", steps[i].work(), measured.perSecond());
      }
    }
    return all;
  }

  /** A broker with a backlog, and an application to work it off that has run warm. */
  private final class Setting implements AutoCloseable {
    private final Path own;
    private final BrokerProcess broker;
    private final BenchmarkedApplication application;

    Setting(Backlog backlog) {
      own = directory.resolve("setting-" + runs++);
      System.out.println("Writing " + backlog);
      broker = BrokerProcess.start(own.resolve("kafka"));
      Backlog.createTopics(broker.bootstrapServers());
      backlog.write(broker.bootstrapServers());
      String flags = System.getProperty("pleat.jvm", "");
      application =
          BenchmarkedApplication.start(
              broker, own.resolve("state"), flags.isEmpty() ? new String[0] : flags.split(" "));
    }

    /** No figure counts that was made by refusing commands. What it wrote is removed: gigabytes. */
    @Override
    public void close() {
      application.close();
      try {
        Backlog.requireAccepted(broker.bootstrapServers());
      } finally {
        broker.close();
        BenchmarkedApplication.delete(own);
      }
    }
  }

  /** Returns the median of the ratios of neighbouring runs. */
  private double row(String what, List<Measured> measured, List<Measured> baseline) {
    double ratio = median(ratios(measured, baseline));
    List<String> row =
        List.of(
            what,
            spread(measured, Measured::perSecond),
            number(ratio),
            spread(measured, Measured::applicationMicros),
            spread(measured, Measured::brokerMicros),
            String.valueOf(measured.size()));
    System.out.println(row);
    rows.add(row);
    return ratio;
  }

  private static List<Double> ratios(List<Measured> measured, List<Measured> baseline) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < measured.size(); i++) {
      ratios.add(
          measured.get(i).perSecond() / baseline.get(Math.min(i, baseline.size() - 1)).perSecond());
    }
    return ratios;
  }

  private static String spread(List<Measured> measured, ToDoubleFunction<Measured> figure) {
    List<Double> figures = measured.stream().mapToDouble(figure).boxed().toList();
    return FigureSheet.spread(median(figures) >= 1_000 ? "%.0f" : "%.1f", figures);
  }

  private static double rate(List<Measured> measured) {
    return median(measured.stream().map(Measured::perSecond).toList());
  }
}
