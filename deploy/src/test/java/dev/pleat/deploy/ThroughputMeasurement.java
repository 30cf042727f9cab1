package dev.pleat.deploy;

import dev.pleat.deploy.BenchmarkedApplication.Measured;
import dev.pleat.deploy.BenchmarkedApplication.Work;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How fast. */
final class ThroughputMeasurement {
  @TempDir Path directory;

  @Test
  void decides_commands() {
    int reps = Integer.getInteger("pleat.repetitions", 3);
    String flags = System.getProperty("pleat.jvm", "");
    try (BrokerProcess broker = BrokerProcess.start(directory.resolve("kafka"))) {
      Backlog.createTopics(broker.bootstrapServers());
      Backlog.of(50_000, 950_000).write(broker.bootstrapServers());
      try (BenchmarkedApplication app =
          BenchmarkedApplication.start(
              broker,
              directory.resolve("state"),
              flags.isEmpty() ? new String[0] : flags.split(" "))) {
        for (int i = 0; i < reps; i++) {
          show("pass-through", app.measure(Work.PASS_THROUGH, "r" + i, 100_000, 950_000));
          show("commands", app.measure(Work.COMMANDS, "r" + i, 450_000, 950_000));
        }
      }
    }
  }

  private static void show(String name, Measured m) {
    System.out.printf(
        "%-14s %8.0f/s  %5.2f + %5.2f us%n",
        name, m.perSecond(), m.applicationMicros(), m.brokerMicros());
  }
}
