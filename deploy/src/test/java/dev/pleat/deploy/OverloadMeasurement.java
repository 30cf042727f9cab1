package dev.pleat.deploy;

import static dev.pleat.deploy.FigureSheet.median;
import static dev.pleat.deploy.FigureSheet.number;
import static dev.pleat.deploy.FigureSheet.spread;

import dev.pleat.schemas.calculator.CalculatorSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happens when more is asked than can be done: over HTTP for minutes, and from topic to topic
 * at several times the most it can do. It has to go on at its pace, say so to those it turns away,
 * and take no more memory. Not part of {@code verify}: the profile {@code measure} runs it.
 *
 * <p>{@code -Dpleat.minutes=10} (0 for none) over HTTP at {@code -Dpleat.offered=12000} a second;
 * From topic to topic the command topology runs alone, in {@code -Dpleat.turns=3} turns of all
 * rates; {@code -Dpleat.maximum=0} is what it can do a second, 0 for what it does while more is
 * offered.
 */
final class OverloadMeasurement {

  private static final int MINUTES = Integer.getInteger("pleat.minutes", 10);
  private static final int OFFERED = Integer.getInteger("pleat.offered", 12_000);
  private static final int MAXIMUM = Integer.getInteger("pleat.maximum", 0);
  private static final int MORE_THAN_IT_CAN = 60_000;
  private static final int WARM_UPS = 4;
  private static final int VALUES = 100_000;
  private static final int CONNECTIONS = Integer.getInteger("pleat.connections", 2_000);
  private static final int TURNS = Integer.getInteger("pleat.turns", 3);
  private static final Duration TOPIC_TIME = Duration.ofSeconds(12);
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final List<Integer> FACTORS = List.of(1, 2, 5, 10);
  private static final long SAMPLE_SECONDS = 5;
  private static final int LINGER_MS = 20;

  private static final double MEMORY_BAR = 1.1;
  private static final double PACE_BAR = 0.8;

  @TempDir Path directory;

  private final FigureSheet sheet = new FigureSheet("Overload");

  @Test
  void goes_on_at_its_pace_when_more_is_asked_than_it_can_do() throws Exception {
    if (MINUTES > 0) {
      overHttp();
    }
    overTopics();
    sheet.check();
  }

  // ---- over HTTP

  /** A command is due at its time, and refused if no connection is free then. */
  private static final class Offered implements HttpLoad.Schedule {
    private static final long LATE_NANOS = 20_000_000;

    private final AtomicIntegerArray refused = new AtomicIntegerArray(MINUTES);
    private volatile long start;

    @Override
    public int count() {
      return Math.toIntExact(60L * MINUTES * OFFERED);
    }

    @Override
    public void awaitTurn(int command) {
      long due = due(command);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    @Override
    public boolean begin(int command) {
      // Whoever is free waits for its command: one that is taken up late found nobody.
      if (System.nanoTime() - due(command) <= LATE_NANOS) {
        return true;
      }
      refused.incrementAndGet(command / (60 * OFFERED));
      return false;
    }

    private long due(int command) {
      return start + command * 1_000_000_000L / OFFERED;
    }

    /** The minute it is, from 0; the last one for what comes after the end. */
    int minute() {
      return (int) Math.min(MINUTES - 1, (System.nanoTime() - start) / 60_000_000_000L);
    }
  }

  /** What was answered, minute by minute. */
  private static final class Answers implements HttpLoad.Listener {
    private final AtomicIntegerArray decided = new AtomicIntegerArray(MINUTES);
    private final AtomicIntegerArray taken = new AtomicIntegerArray(MINUTES);
    private final AtomicIntegerArray turnedAway = new AtomicIntegerArray(MINUTES);
    private final AtomicIntegerArray broken = new AtomicIntegerArray(MINUTES);
    private final AtomicIntegerArray other = new AtomicIntegerArray(MINUTES);
    private final Offered offered;

    Answers(Offered offered) {
      this.offered = offered;
    }

    @Override
    public void answered(int command, HttpLoad.Answer answer) {
      AtomicIntegerArray counts =
          switch (answer.status()) {
            case 200, 201 -> decided;
            case 202 -> taken;
            case 503 -> answer.retryAfter() ? turnedAway : other;
            case 0 -> broken;
            default -> other;
          };
      counts.incrementAndGet(offered.minute());
    }
  }

  private void overHttp() throws Exception {
    Offered offered = new Offered();
    Answers answers = new Answers(offered);
    List<List<Long>> kilobytes =
        IntStream.range(0, MINUTES).mapToObj(minute -> (List<Long>) new ArrayList<Long>()).toList();
    try (MeasuredPleat pleat = MeasuredPleat.start("overload-http", directory.resolve("http"));
        ScheduledExecutorService sampler = Executors.newSingleThreadScheduledExecutor()) {
      HttpLoad.run(
          pleat.http(),
          pleat.values(),
          CONNECTIONS,
          offered,
          answers,
          () -> {
            offered.start = System.nanoTime();
            sampler.scheduleAtFixedRate(
                () ->
                    kilobytes
                        .get(offered.minute())
                        .add(ProcessFigures.residentKilobytes(pleat.pid())),
                SAMPLE_SECONDS,
                SAMPLE_SECONDS,
                TimeUnit.SECONDS);
          });
      sampler.shutdownNow();
      sampler.awaitTermination(1, TimeUnit.MINUTES);
    }
    List<Double> megabytes = kilobytes.stream().map(OverloadMeasurement::meanMegabytes).toList();
    sheet.note(
        "Over HTTP, %d/s offered for %d minutes, at most %d at once."
            .formatted(OFFERED, MINUTES, CONNECTIONS));
    sheet.table(
        List.of(
            "minute",
            "decided/s",
            "202",
            "503 with Retry-After",
            "connection broken",
            "other: defect",
            "refused by the generator",
            "resident MB"),
        IntStream.range(0, MINUTES)
            .mapToObj(
                minute ->
                    List.of(
                        String.valueOf(minute + 1),
                        String.valueOf(answers.decided.get(minute) / 60),
                        String.valueOf(answers.taken.get(minute)),
                        String.valueOf(answers.turnedAway.get(minute)),
                        String.valueOf(answers.broken.get(minute)),
                        String.valueOf(answers.other.get(minute)),
                        String.valueOf(offered.refused.get(minute)),
                        String.format(Locale.ROOT, "%.0f", megabytes.get(minute))))
            .toList());
    double third = megabytes.get(Math.min(2, MINUTES - 1));
    double last = megabytes.getLast();
    sheet.bar(
        last <= MEMORY_BAR * third,
        String.format(
            Locale.ROOT,
            "resident in the last minute %.0f MB <= %.1f x %.0f MB in the third",
            last,
            MEMORY_BAR,
            third));
    double best = IntStream.range(0, MINUTES).map(answers.decided::get).max().orElse(0) / 60.0;
    double end = answers.decided.get(MINUTES - 1) / 60.0;
    sheet.bar(
        end > 0 && end >= PACE_BAR * best,
        String.format(
            Locale.ROOT,
            "over HTTP %.0f/s in the last minute >= %.1f x %.0f/s in the best",
            end,
            PACE_BAR,
            best));
    int defects =
        IntStream.range(0, MINUTES).map(i -> answers.other.get(i) + answers.broken.get(i)).sum();
    sheet.bar(defects == 0, defects + " answers that are no answer to a command");
  }

  private static double meanMegabytes(List<Long> kilobytes) {
    return kilobytes.stream().mapToLong(Long::longValue).average().orElse(Double.NaN) / 1024;
  }

  // ---- from topic to topic

  /**
   * What became of one rate.
   *
   * @param sent a second, which is less than asked for if the producer could not keep up
   * @param done a second, while more was offered
   * @param after done a second when no more was sent, until all was done
   * @param drained how long that took
   * @param cores what application, broker and generator took of the cores while more was offered
   */
  private record Pace(
      int factor, double sent, double done, double after, Duration drained, List<Double> cores) {

    double applicationMicros() {
      return 1e6 * cores.getFirst() / done;
    }
  }

  private void overTopics() throws InterruptedException {
    List<List<Pace>> turns = new ArrayList<>();
    int maximum = MAXIMUM;
    try (DecidingAlone alone = DecidingAlone.start(directory.resolve("topics"), VALUES)) {
      // Not before: what this process has started would take after it.
      ProcessFigures.stepBack();
      for (int i = 0; i < WARM_UPS; i++) {
        Pace warm = offer(alone, "warm-up" + i, 1, MORE_THAN_IT_CAN);
        System.out.println(warm);
        if (MAXIMUM == 0) {
          maximum = (int) warm.done();
        }
      }
      for (int turn = 0; turn < TURNS; turn++) {
        List<Pace> paces = new ArrayList<>();
        for (int factor : FACTORS) {
          paces.add(offer(alone, "turn" + turn + "x" + factor, factor, factor * maximum));
          System.out.println(paces.getLast());
        }
        turns.add(paces);
      }
    }
    sheet.note(
        "From topic to topic, %d s each, medians of %d turns (lowest to highest); 1x is %d/s."
            .formatted(TOPIC_TIME.toSeconds(), TURNS, maximum));
    sheet.table(
        List.of(
            "offered",
            "sent/s",
            "done/s while offered",
            "of the best of its turn, or of what was sent",
            "done/s afterwards",
            "time to work off the rest, s",
            "cores while offered: application, broker, generator",
            "CPU µs of the application a command"),
        IntStream.range(0, FACTORS.size()).mapToObj(each -> row(turns, each)).toList());
    for (int each = 0; each < FACTORS.size(); each++) {
      sheet.atLeast(
          PACE_BAR, "offered %dx".formatted(FACTORS.get(each)), median(kept(turns, each)));
    }
  }

  private static List<String> row(List<List<Pace>> turns, int each) {
    List<Pace> paces = turns.stream().map(turn -> turn.get(each)).toList();
    return List.of(
        FACTORS.get(each) + "x",
        spread("%.0f", paces.stream().map(Pace::sent).toList()),
        spread("%.0f", paces.stream().map(Pace::done).toList()),
        spread("%.2f", kept(turns, each)),
        spread("%.0f", paces.stream().map(Pace::after).toList()),
        spread("%.1f", paces.stream().map(pace -> pace.drained().toMillis() / 1e3).toList()),
        IntStream.range(0, paces.getFirst().cores().size())
            .mapToObj(who -> number(median(paces.stream().map(p -> p.cores().get(who)).toList())))
            .collect(Collectors.joining(", ")),
        spread("%.1f", paces.stream().map(Pace::applicationMicros).toList()));
  }

  /** What was done beside the best of the same turn; but what was not sent cannot be done. */
  private static List<Double> kept(List<List<Pace>> turns, int each) {
    return turns.stream()
        .map(
            turn -> {
              double best = turn.stream().mapToDouble(Pace::done).max().orElseThrow();
              return turn.get(each).done() / Math.min(best, turn.get(each).sent());
            })
        .toList();
  }

  /**
   * Sends as fast as that, or as the producer can, and waits until all of it is decided. Nobody
   * waits for a single command, and all of an earlier run is decided: what is accepted is of this
   * one.
   */
  private static Pace offer(DecidingAlone alone, String run, int factor, long perSecond) {
    AtomicLong done = new AtomicLong();
    try (TopicLoad load = new TopicLoad(alone.bootstrapServers(), alone.values(), run, LINGER_MS);
        Arrivals outcomes =
            new Arrivals(
                alone.bootstrapServers(),
                CalculatorSchema.SCHEMA.outcomesTopic(),
                (outcome, nanoTime) -> done.addAndGet(TopicLoad.isAccepted(outcome) ? 1 : 0))) {
      List<Long> before = cpuNanos(alone);
      long start = System.nanoTime();
      long passed = 0;
      int sent = 0;
      while (passed < TOPIC_TIME.toNanos()) {
        while (sent < perSecond * passed / 1_000_000_000L
            && System.nanoTime() - start < TOPIC_TIME.toNanos()) {
          load.sendUnawaited(sent);
          sent++;
        }
        LockSupport.parkNanos(1_000_000);
        passed = System.nanoTime() - start;
      }
      long whileOffered = done.get();
      List<Long> after = cpuNanos(alone);
      long time = passed;
      List<Double> cores =
          IntStream.range(0, after.size())
              .mapToObj(each -> (after.get(each) - before.get(each)) / (double) time)
              .toList();
      double seconds = passed / 1e9;
      load.flush();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (done.get() < sent) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError(run + ": " + done + " of " + sent + " commands were accepted");
        }
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
      Duration drained = Duration.ofNanos(System.nanoTime() - start - passed);
      return new Pace(
          factor,
          sent / seconds,
          whileOffered / seconds,
          (sent - whileOffered) * 1e9 / drained.toNanos(),
          drained,
          cores);
    }
  }

  /** What application, broker and this process, which offers the commands, have taken. */
  private static List<Long> cpuNanos(DecidingAlone alone) {
    return LongStream.of(alone.applicationPid(), alone.brokerPid(), ProcessHandle.current().pid())
        .mapToObj(ProcessFigures::cpuNanos)
        .toList();
  }
}
