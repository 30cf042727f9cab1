package dev.pleat.deploy;

import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.schemas.calculator.CalculatorValue;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.Calculator;
import dev.pleat.topology.calculator.CalculatorValueProjection;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;

/**
 * Keeps the calculator's view in a database, in a JVM of its own that is killed. Each row says how
 * many events were folded into it.
 */
final class SqlFoldingProcess implements AutoCloseable {

  private static final long DEADLINE_SECONDS = 30;

  private final Process process;

  private SqlFoldingProcess(Process process) {
    this.process = process;
  }

  /** Starts it, and returns at once. */
  static SqlFoldingProcess start(String bootstrapServers, String logId, String url) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.addAll(PleatProcess.SHORT_LIVED);
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            SqlFoldingProcess.class.getName(),
            bootstrapServers,
            logId,
            url));
    try {
      return new SqlFoldingProcess(
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(Path.of("target", "sql-folding.log").toFile()))
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Domain<?, ?, ?> counting() {
    CalculatorValueProjection projection = new CalculatorValueProjection();
    return Domain.of(CalculatorSchema.SCHEMA)
        .decidedBy(new Calculator(), Calculator.State.class)
        .projectedTo(
            CalculatorSchema.VALUES,
            CalculatorValue.class,
            (row, event) -> {
              double folded = row.map(CalculatorValue::value).orElse(0.0) + 1;
              return projection
                  .project(row, event)
                  .map(after -> new CalculatorValue(after.valueId(), folded));
            })
        .build();
  }

  /** All views of a domain, kept by this process. */
  static ViewsInSql views(
      Domain<?, ?, ?> domain,
      String bootstrapServers,
      String logId,
      ViewDatabase database,
      Admin admin) {
    return new ViewsInSql(
        List.of(domain),
        name -> logId,
        schema -> Servers.PARTITIONS,
        new SqlServedView.Surroundings(
            database,
            Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
            new LogEnds(admin)));
  }

  /** Ends it as {@code kill -9} does, and returns when it is gone. */
  void kill() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("process " + process.pid() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    kill();
  }

  /** The other process: ends when its input does, at the latest with the test's JVM. */
  public static void main(String[] arguments) throws IOException {
    try (Admin admin =
            Admin.create(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, arguments[0]));
        ViewsInSql views =
            views(
                counting(),
                arguments[0],
                arguments[1],
                ViewDatabase.of("--views-in", arguments[2], Optional.empty()),
                admin)) {
      System.out.println("keeps " + views.working());
      System.in.transferTo(OutputStream.nullOutputStream());
    }
    System.exit(0);
  }
}
