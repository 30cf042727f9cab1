package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.CalculatorDomain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts the application in this JVM as {@code pleat serve} does, on free ports. */
final class Servers {

  static final List<Domain<?, ?, ?>> DOMAINS = List.of(CalculatorDomain.CALCULATOR);

  /** {@code -Dpleat.partitions=12} runs everything with as many. */
  static final int PARTITIONS = Integer.getInteger("pleat.partitions", 4);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Servers() {}

  /** Everything in this process, ready. */
  static Instance embedded(Path dataDir) {
    return ready(launch(dataDir, Optional.empty(), false));
  }

  /** The same of these domains. */
  static Instance embedded(Path dataDir, Domain<?, ?, ?>... domains) {
    return switched(dataDir, Map.of(), domains);
  }

  /** The same, told to let these generations take the place of the logs that serve. */
  static Instance switched(
      Path dataDir, Map<String, Integer> switchLog, Domain<?, ?, ?>... domains) {
    return ready(launch(dataDir, Optional.empty(), false, List.of(domains), switchLog));
  }

  /** Joined to a broker, told to switch, and perhaps not ready yet. */
  static Instance switched(
      Path dataDir,
      String bootstrapServers,
      Map<String, Integer> switchLog,
      Domain<?, ?, ?>... domains) {
    return launch(dataDir, Optional.of(bootstrapServers), false, List.of(domains), switchLog);
  }

  /** Joined to a broker, ready. */
  static Instance joined(Path dataDir, String bootstrapServers) {
    return ready(launch(dataDir, Optional.of(bootstrapServers), false));
  }

  /** Joined to a broker with these domains, ready. */
  static Instance joined(Path dataDir, String bootstrapServers, Domain<?, ?, ?>... domains) {
    return ready(launch(dataDir, Optional.of(bootstrapServers), false, List.of(domains), Map.of()));
  }

  /** Started, and perhaps not ready yet. */
  static Instance launch(
      Path dataDir, Optional<String> bootstrapServers, boolean acceptRecreatedTopics) {
    return launch(dataDir, bootstrapServers, acceptRecreatedTopics, DOMAINS, Map.of());
  }

  /** Joined to a broker with this domain, and perhaps not ready yet. */
  static Instance launch(Path dataDir, String bootstrapServers, Domain<?, ?, ?> domain) {
    return launch(dataDir, Optional.of(bootstrapServers), false, List.of(domain), Map.of());
  }

  /** Started with these domains, and perhaps not ready yet. */
  static Instance launch(
      Path dataDir,
      Optional<String> bootstrapServers,
      boolean acceptRecreatedTopics,
      List<Domain<?, ?, ?>> domains,
      Map<String, Integer> switchLog) {
    return launch(
        dataDir,
        bootstrapServers,
        acceptRecreatedTopics,
        domains,
        switchLog,
        Optional.empty(),
        Optional.empty());
  }

  /** Joined to a broker with these domains, whose views are kept in a database, ready. */
  static Instance inDatabase(
      Path dataDir, String bootstrapServers, ViewDatabase views, Domain<?, ?, ?>... domains) {
    return inDatabase(dataDir, Optional.of(bootstrapServers), views, domains);
  }

  /** The same with a broker of its own. */
  static Instance inDatabase(Path dataDir, ViewDatabase views, Domain<?, ?, ?>... domains) {
    return inDatabase(dataDir, Optional.empty(), views, domains);
  }

  private static Instance inDatabase(
      Path dataDir,
      Optional<String> bootstrapServers,
      ViewDatabase views,
      Domain<?, ?, ?>... domains) {
    return ready(
        launch(
            dataDir,
            bootstrapServers,
            false,
            List.of(domains),
            Map.of(),
            Optional.empty(),
            Optional.of(views)));
  }

  /** The same, handing e-mails to this server. */
  static Instance launch(
      Path dataDir,
      Optional<String> bootstrapServers,
      boolean acceptRecreatedTopics,
      List<Domain<?, ?, ?>> domains,
      Map<String, Integer> switchLog,
      Optional<SmtpSettings> smtp) {
    return launch(
        dataDir,
        bootstrapServers,
        acceptRecreatedTopics,
        domains,
        switchLog,
        smtp,
        Optional.empty());
  }

  private static Instance launch(
      Path dataDir,
      Optional<String> bootstrapServers,
      boolean acceptRecreatedTopics,
      List<Domain<?, ?, ?>> domains,
      Map<String, Integer> switchLog,
      Optional<SmtpSettings> smtp,
      Optional<ViewDatabase> viewsIn) {
    return Instance.start(
        new Settings(
            "127.0.0.1",
            0,
            Optional.empty(),
            0,
            dataDir,
            PARTITIONS,
            bootstrapServers,
            List.of(),
            false,
            acceptRecreatedTopics,
            smtp,
            false,
            viewsIn,
            switchLog),
        domains,
        line -> {});
  }

  static Instance ready(Instance instance) {
    assertEquals(List.of(), instance.awaitReady(PATIENCE), "not ready");
    return instance;
  }
}
