package dev.pleat.deploy;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A broker and the command topology without anything beside it, each in a JVM of its own, with some
 * values to send commands to.
 */
final class DecidingAlone implements AutoCloseable {

  private final BrokerProcess broker;
  private final BenchmarkedApplication application;
  private final List<String> values;

  private DecidingAlone(
      BrokerProcess broker, BenchmarkedApplication application, List<String> values) {
    this.broker = broker;
    this.application = application;
    this.values = values;
  }

  /** Returns when so many values are created. */
  static DecidingAlone start(Path directory, int values) {
    BrokerProcess broker = BrokerProcess.start(directory.resolve("broker"));
    BenchmarkedApplication application =
        BenchmarkedApplication.start(broker, directory.resolve("application"));
    Backlog backlog = Backlog.of(values, values);
    DecidingAlone alone =
        new DecidingAlone(
            broker, application, IntStream.range(0, values).mapToObj(backlog::valueId).toList());
    try {
      Backlog.createTopics(broker.bootstrapServers());
      backlog.write(broker.bootstrapServers());
      application.measure(BenchmarkedApplication.Work.GO_ON_DECIDING, "alone", 0, values);
      return alone;
    } catch (RuntimeException | Error e) {
      alone.close();
      throw e;
    }
  }

  String bootstrapServers() {
    return broker.bootstrapServers();
  }

  /** The process of the command topology. */
  long applicationPid() {
    return application.pid();
  }

  long brokerPid() {
    return broker.pid();
  }

  /** The ids of the values there are. */
  List<String> values() {
    return values;
  }

  @Override
  public void close() {
    application.close();
    broker.close();
  }
}
