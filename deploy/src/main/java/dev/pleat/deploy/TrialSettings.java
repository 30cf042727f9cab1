package dev.pleat.deploy;

import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Every setting of {@code pleat try}. Each flag {@code --a-b} can also be given as the environment
 * variable {@code PLEAT_A_B}; the flag wins.
 *
 * @param host where HTTP is served; another address than loopback needs {@code insecure}
 * @param port where HTTP is served; 0 for a free one
 * @param domains the names of the domains to try; empty for all that can be tried
 * @param insecure whether another address than loopback may be served without authentication
 */
public record TrialSettings(String host, int port, List<String> domains, boolean insecure) {

  /** The name of the command. */
  public static final String COMMAND = "try";

  /** Keeps its own copy. */
  public TrialSettings {
    domains = List.copyOf(domains);
  }

  /** The flags, with defaults and units, as {@code --help} shows them. */
  public static CommandSpec spec(Map<String, String> environment) {
    CommandSpec spec =
        CommandSpec.create()
            .name(COMMAND)
            .addOption(Settings.hostFlag())
            .addOption(Settings.portFlag("8080"))
            .addOption(
                Settings.option("--domains", "NAMES", String.class, null)
                    .description("Domains to try, comma separated. Default: all there are.")
                    .build())
            .addOption(Settings.insecureFlag());
    return Settings.described(
        spec,
        environment,
        "Tries domains in memory, without Kafka: nothing is kept, policies and derived views are"
            + " left out.");
  }

  /**
   * The settings of a command line.
   *
   * @throws StartRefused if a value cannot work; the message names the flag
   */
  public static TrialSettings of(ParseResult line) {
    CommandSpec spec = line.commandSpec();
    TrialSettings settings =
        new TrialSettings(
            Settings.<String>value(spec, "--host").orElseThrow(),
            Settings.<Integer>value(spec, "--port").orElseThrow(),
            Settings.names(spec, "--domains"),
            Settings.<Boolean>value(spec, "--insecure").orElse(false));
    Settings.checkPort("--port", settings.port());
    Settings.checkHost(settings.host(), settings.insecure(), "send commands");
    return settings;
  }
}
