package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What all domains together take on one machine, by the launcher with the embedded broker: until
 * each has answered its first command and all their views are up, memory, and CPU when there is
 * nothing to do. Medians of five starts, beside the bare broker's. Not part of {@code verify}: the
 * profile {@code measure} runs it.
 */
final class AllDomainsMeasurement {

  private static final String ALL =
      "calculator,customers,products,prices,catalogue,listings,enrolments,payments,market";
  private static final int REPETITIONS = 5;
  private static final int IDLE_SECONDS = 30;

  private static final double FIRST_COMMANDS_BAR_SECONDS = 15;
  private static final double RESIDENT_BAR_MIB = 1_536;
  private static final double IDLE_BAR_PERCENT = 25;

  /** A first command for each domain that takes any from outside. */
  private static final Map<String, String> COMMANDS =
      Map.of(
          "/values",
          "{\"value\":3}",
          "/customers",
          "{\"email\":\"%s@example.com\"}",
          "/products",
          "{\"name\":\"Lamp %s\",\"category\":\"lights\",\"description\":\"Bright\"}",
          "/listings",
          "{\"title\":\"Course %s\",\"seats\":10,\"amount\":1000,\"currency\":\"EUR\"}");

  @TempDir Path directory;

  @Test
  void all_domains_are_light_on_one_machine() {
    FigureSheet sheet = new FigureSheet("All domains on one machine");
    List<Double> ready = new ArrayList<>();
    List<Double> resident = new ArrayList<>();
    List<Double> idle = new ArrayList<>();
    List<Double> bare = new ArrayList<>();
    List<List<String>> table = new ArrayList<>();
    for (int i = 0; i < REPETITIONS; i++) {
      Path data = directory.resolve("pleat-" + i);
      long begun = System.nanoTime();
      try (PleatProcess pleat =
          PleatProcess.launcher("all-domains", data, "--kafka-port", "0", "--domains", ALL)) {
        firstCommands(pleat, i);
        ready.add(secondsSince(begun));
        idle.add(ProcessFigures.idlePercent(pleat.pid(), IDLE_SECONDS));
        resident.add(ProcessFigures.residentKilobytes(pleat.pid()) / 1024.0);
        pleat.stop();
      }
      begun = System.nanoTime();
      try (BrokerProcess broker = BrokerProcess.start(data.resolve("kafka"))) {
        assertEquals(true, broker.port() > 0);
        bare.add(secondsSince(begun));
      }
      table.add(
          List.of(
              String.valueOf(i + 1),
              FigureSheet.number(ready.getLast()),
              FigureSheet.number(bare.getLast()),
              FigureSheet.number(resident.getLast()),
              FigureSheet.number(idle.getLast())));
    }
    sheet.table(
        List.of("start", "first commands s", "bare broker s", "resident MiB", "idle % of a core"),
        table);
    sheet.atMost(
        FIRST_COMMANDS_BAR_SECONDS,
        "first commands answered and all views up after s",
        FigureSheet.median(ready));
    sheet.atMost(RESIDENT_BAR_MIB, "resident MiB", FigureSheet.median(resident));
    sheet.atMost(IDLE_BAR_PERCENT, "idle, % of a core", FigureSheet.median(idle));
    sheet.check();
  }

  private static void firstCommands(PleatProcess pleat, int start) {
    try (ApiClient http = new ApiClient(pleat.http().toString())) {
      COMMANDS.forEach(
          (path, body) -> {
            HttpResponse<String> answer = http.post(path, body.formatted(start));
            assertEquals(201, answer.statusCode(), () -> path + " " + answer.body());
          });
    }
  }

  private static double secondsSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1e9;
  }
}
