package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.guarantees.Log;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** A broker and {@code pleat serve}, each in a JVM of its own, with some thousand values. */
final class MeasuredPleat implements AutoCloseable {

  private static final int VALUES = 20_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final BrokerProcess broker;
  private final PleatProcess pleat;
  private final List<String> values;

  private MeasuredPleat(BrokerProcess broker, PleatProcess pleat, List<String> values) {
    this.broker = broker;
    this.pleat = pleat;
    this.values = values;
  }

  /** Returns when all values are created and can be read. */
  static MeasuredPleat start(String name, Path directory) {
    return start(Main.class, name, directory);
  }

  /** The same with {@link BesideAConstant} in its process. */
  static MeasuredPleat besideAConstant(String name, Path directory) {
    return start(BesideAConstant.class, name, directory);
  }

  private static MeasuredPleat start(Class<?> main, String name, Path directory) {
    BrokerProcess broker = BrokerProcess.start(directory.resolve("broker"));
    try {
      return start(main, name, directory, broker);
    } catch (RuntimeException | Error e) {
      broker.close();
      throw e;
    }
  }

  private static MeasuredPleat start(
      Class<?> main, String name, Path directory, BrokerProcess broker) {
    PleatProcess pleat =
        PleatProcess.startWithWholeHeap(
            main,
            name,
            directory.resolve("pleat"),
            "--bootstrap-servers",
            broker.bootstrapServers(),
            "--partitions",
            String.valueOf(Servers.PARTITIONS));
    try {
      Backlog backlog = Backlog.of(VALUES, VALUES);
      backlog.write(broker.bootstrapServers());
      MeasuredPleat measured =
          new MeasuredPleat(
              broker, pleat, IntStream.range(0, VALUES).mapToObj(backlog::valueId).toList());
      measured.awaitValues();
      return measured;
    } catch (RuntimeException | Error e) {
      pleat.close();
      throw e;
    }
  }

  private void awaitValues() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String outcomes = CalculatorSchema.SCHEMA.outcomesTopic();
    while (Log.committed(bootstrapServers(), outcomes).size() < VALUES) {
      pause(deadline, "the values are not created");
    }
    try (ApiClient client = new ApiClient(http().toString())) {
      for (String value : values) {
        while (client.get("/values/" + value).statusCode() != 200) {
          pause(deadline, "the values cannot be read");
        }
      }
    }
  }

  private static void pause(long deadline, String otherwise) {
    assertTrue(System.nanoTime() < deadline, otherwise);
    LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
  }

  /** The ids of the values there are. */
  List<String> values() {
    return values;
  }

  String bootstrapServers() {
    return broker.bootstrapServers();
  }

  URI http() {
    return pleat.http();
  }

  /** Where {@link BesideAConstant} is, if this was started with it. */
  URI constant() {
    return pleat.constant();
  }

  /** Of the process of {@code pleat serve}. */
  long pid() {
    return pleat.pid();
  }

  @Override
  public void close() {
    pleat.close();
    broker.close();
  }
}
