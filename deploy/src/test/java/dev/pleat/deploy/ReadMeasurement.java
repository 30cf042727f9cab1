package dev.pleat.deploy;

import static dev.pleat.deploy.FigureSheet.spread;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How many rows can be read a second over HTTP, beside a route of the web framework alone that
 * always answers the same, in the same process, and what the process costs when nobody asks
 * anything. It needs {@code wrk}. Not part of {@code verify}: the profile {@code measure} runs it.
 *
 * <p>{@code -Dpleat.read-seconds=10} is how long each of the runs takes, {@code
 * -Dpleat.idle-seconds=30} for how long the process is left alone.
 */
final class ReadMeasurement {

  private static final int SECONDS = Integer.getInteger("pleat.read-seconds", 10);
  private static final int IDLE_SECONDS = Integer.getInteger("pleat.idle-seconds", 30);
  private static final int REPETITIONS = 5;
  private static final int CONNECTIONS = 64;
  private static final int THREADS = 2;

  /** Pleat's own answer that is always the same: nothing is asked for it. */
  private static final String LIVE = "/health/live";

  private static final double RATIO_BAR = 0.80;
  private static final double IDLE_BAR_PERCENT = 10;
  private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");

  @TempDir Path directory;

  @Test
  void reads_rows_about_as_fast_as_a_constant_and_rests_when_idle() throws Exception {
    requireWrk();
    FigureSheet sheet = new FigureSheet("Reads and rest");
    try (MeasuredPleat pleat = MeasuredPleat.besideAConstant("reads", directory)) {
      double idle = ProcessFigures.idlePercent(pleat.pid(), IDLE_SECONDS);
      List<Asked> all =
          List.of(
              new Asked(
                  "GET /values/{id}",
                  pleat.http(),
                  script("rows", pleat.values().stream().map(id -> "/values/" + id))),
              new Asked(
                  "a constant route of Javalin alone",
                  pleat.constant(),
                  script("constant", pleat.values().stream().map(id -> "/constant"))),
              new Asked(
                  "GET " + LIVE,
                  pleat.http(),
                  script("live", pleat.values().stream().map(id -> LIVE))));
      // Each once before it counts: the compiler has seen them.
      for (Asked each : all) {
        each.perSecond();
      }
      List<List<Double>> turns = new ArrayList<>();
      for (int turn = 0; turn < REPETITIONS; turn++) {
        List<Double> rates = new ArrayList<>();
        for (Asked each : all) {
          rates.add(each.perSecond());
        }
        turns.add(rates);
        System.out.println(rates);
      }
      sheet.table(
          List.of("what", "requests/s, median of the turns", "rows read beside it, by turns"),
          IntStream.range(0, all.size())
              .mapToObj(
                  each ->
                      List.of(
                          all.get(each).what(),
                          spread("%.0f", turns.stream().map(rates -> rates.get(each)).toList()),
                          spread("%.2f", ratios(turns, each))))
              .toList());
      double ratio = FigureSheet.median(ratios(turns, 1));
      sheet.bar(
          ratio >= RATIO_BAR,
          String.format(Locale.ROOT, "reads beside the constant: %.2f >= %.2f", ratio, RATIO_BAR));
      sheet.bar(
          idle <= IDLE_BAR_PERCENT,
          String.format(
              Locale.ROOT,
              "idle for %d s: %.1f %% of a core <= %.0f %%",
              IDLE_SECONDS,
              idle,
              IDLE_BAR_PERCENT));
      sheet.check();
    }
  }

  /** Something that is asked for, and where. */
  private record Asked(String what, URI http, Path script) {

    double perSecond() throws IOException, InterruptedException {
      return wrk(http, script);
    }
  }

  /** Of neighbouring runs: the machine does not give the same from one minute to the next. */
  private static List<Double> ratios(List<List<Double>> turns, int beside) {
    return turns.stream().map(rates -> rates.get(0) / rates.get(beside)).toList();
  }

  /**
   * A script that asks for these paths in turn; for a constant one too, so that both cost alike.
   */
  private Path script(String name, Stream<String> paths) throws IOException {
    StringBuilder lua = new StringBuilder("local paths = {\n");
    paths.forEach(path -> lua.append('"').append(path).append("\",\n"));
    lua.append(
        """
        }
        local requests = {}
        local i = 0
        function init(args)
          for n, path in ipairs(paths) do requests[n] = wrk.format("GET", path) end
        end
        function request()
          i = i % #requests + 1
          return requests[i]
        end
        """);
    return Files.writeString(directory.resolve(name + ".lua"), lua);
  }

  private static void requireWrk() throws InterruptedException {
    try {
      Process process = new ProcessBuilder("wrk", "-v").redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      process.waitFor();
    } catch (IOException e) {
      fail("wrk cannot be run; install it: apt-get install wrk", e);
    }
  }

  /** Requests a second; every one of them has to be answered, and with 200. */
  private static double wrk(URI http, Path script) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "wrk",
                "-t" + THREADS,
                "-c" + CONNECTIONS,
                "-d" + SECONDS + "s",
                "-s",
                script.toString(),
                http.toString())
            .redirectErrorStream(true)
            .start();
    String said = TopicReader.text(process.getInputStream().readAllBytes());
    assertTrue(process.waitFor(SECONDS + 30, TimeUnit.SECONDS), "wrk does not end");
    assertEquals(0, process.exitValue(), said);
    assertFalse(said.contains("Non-2xx") || said.contains("Socket errors"), said);
    Matcher rate = RATE.matcher(said);
    assertTrue(rate.find(), said);
    return Double.parseDouble(rate.group(1));
  }
}
