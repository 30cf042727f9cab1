package dev.pleat.deploy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Every setting of {@code pleat replica}. Each flag {@code --a-b} can also be given as the
 * environment variable {@code PLEAT_A_B}; the flag wins.
 *
 * @param host where HTTP is served; another address than loopback needs {@code insecure}
 * @param port where HTTP is served; 0 for a free one
 * @param dataDir the copies; one process each
 * @param bootstrapServers the cluster whose views are copied; need not be reachable at the start
 * @param views what is copied, as domain/view
 * @param insecure whether another address than loopback may be served without authentication
 */
record ReplicaSettings(
    String host,
    int port,
    Path dataDir,
    String bootstrapServers,
    List<String> views,
    boolean insecure) {

  private static final String BOOTSTRAP_SERVERS = "--bootstrap-servers";
  private static final String VIEWS = "--views";

  ReplicaSettings {
    views = List.copyOf(views);
  }

  /** The flags, with defaults and units, as {@code --help} shows them. */
  static CommandSpec spec(Map<String, String> environment) {
    CommandSpec spec =
        CommandSpec.create()
            .name("replica")
            .addOption(
                Settings.option(BOOTSTRAP_SERVERS, "HOST:PORT", String.class, null)
                    .description("Kafka cluster of the views, comma separated. Required.")
                    .build())
            .addOption(
                Settings.option(VIEWS, "DOMAIN/VIEW", String.class, null)
                    .description("Views to copy, comma separated. Required.")
                    .build())
            .addOption(Settings.hostFlag())
            .addOption(Settings.portFlag("8081"))
            .addOption(
                Settings.option("--data-dir", "DIR", Path.class, "./pleat-replica")
                    .description("Directory of the copies; one process each." + Settings.DEFAULT)
                    .build())
            .addOption(Settings.insecureFlag());
    return Settings.described(
        spec,
        environment,
        "Keeps full copies of views and answers GET from them, cut off from the cluster too.");
  }

  /**
   * The settings of a command line.
   *
   * @throws StartRefused if a value cannot work; the message names the flag
   */
  static ReplicaSettings of(ParseResult line) {
    CommandSpec spec = line.commandSpec();
    ReplicaSettings settings =
        new ReplicaSettings(
            Settings.<String>value(spec, "--host").orElseThrow(),
            Settings.<Integer>value(spec, "--port").orElseThrow(),
            Settings.<Path>value(spec, "--data-dir").orElseThrow().toAbsolutePath().normalize(),
            Settings.<String>value(spec, BOOTSTRAP_SERVERS).orElse(""),
            Settings.names(spec, VIEWS).stream().distinct().toList(),
            Settings.<Boolean>value(spec, "--insecure").orElse(false));
    settings.check();
    return settings;
  }

  private void check() {
    Settings.checkPort("--port", port);
    Settings.checkHost(host, insecure, "read every row");
    if (bootstrapServers.isBlank()) {
      throw new StartRefused(BOOTSTRAP_SERVERS + ": say which cluster the views are copied from");
    }
    // A name that cannot be resolved now is waited for; a text that is no address never will be.
    for (String address : bootstrapServers.split(",", -1)) {
      Settings.checkAddress(BOOTSTRAP_SERVERS, address.strip());
    }
  }
}
