package dev.pleat.deploy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Every setting of {@code pleat serve}. Each flag {@code --a-b} can also be given as the
 * environment variable {@code PLEAT_A_B}; the flag wins.
 *
 * @param host where HTTP is served; another address than loopback needs {@code insecure}, because
 *     nobody is asked who they are
 * @param port where HTTP is served; 0 for a free one
 * @param advertisedAddress where other instances reach the HTTP of this one, as host:port; empty
 *     for where it is served
 * @param kafkaPort where the embedded broker listens on loopback; 0 for a free one
 * @param dataDir the embedded broker's records and the state stores; one process each, because the
 *     instance's identity lies in it
 * @param partitions of each topic when it is created; cannot change afterwards, because the key of
 *     an aggregate would move to a partition that does not know its state
 * @param bootstrapServers the cluster to join; empty to run the embedded broker
 * @param domains the names of the domains to run; empty for the usual ones
 * @param insecure whether another address than loopback may be served without authentication
 * @param acceptRecreatedTopics whether a commands topic that was deleted and created again is
 *     accepted: its records are then read from the beginning
 * @param smtp the mail server that effects hand e-mails to; empty to send none
 * @param effectsFromFirst whether an effect that has never run acts on the events there were
 *     before; else it begins at the end
 * @param viewsIn the database in which views are kept that are not derived; empty for state stores
 * @param switchLog the generation of its log that is to take the place of the one that serves, by
 *     the name of the domain; only when every other process of that domain is stopped
 */
record Settings(
    String host,
    int port,
    Optional<String> advertisedAddress,
    int kafkaPort,
    Path dataDir,
    int partitions,
    Optional<String> bootstrapServers,
    List<String> domains,
    boolean insecure,
    boolean acceptRecreatedTopics,
    Optional<SmtpSettings> smtp,
    boolean effectsFromFirst,
    Optional<ViewDatabase> viewsIn,
    Map<String, Integer> switchLog) {

  /** No flag: who lists processes would read it. */
  private static final String VIEWS_PASSWORD = "PLEAT_VIEWS_PASSWORD";

  private static final String VIEWS_IN = "--views-in";
  private static final String VIEWS_PASSWORD_FILE = "--views-password-file";

  static final String DEFAULT = " Default: ${DEFAULT-VALUE}.";
  private static final int HELP_WIDTH = 100;
  private static final int EMBEDDED_PARTITIONS = 4;
  private static final int CLUSTER_PARTITIONS = 12;
  private static final int MAX_PARTITIONS = 10_000;
  private static final Pattern ADDRESS =
      Pattern.compile("(?:[A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\]):([0-9]{1,5})");
  private static final Pattern GENERATION = Pattern.compile("([a-z0-9-]{1,63})=([1-9][0-9]{0,8})");

  /** Keeps its own copies. */
  Settings {
    domains = List.copyOf(domains);
    switchLog = Map.copyOf(switchLog);
  }

  /** The flags, with defaults and units, as {@code --help} shows them. */
  static CommandSpec spec(Map<String, String> environment) {
    CommandSpec spec =
        CommandSpec.create()
            .name("serve")
            .addOption(hostFlag())
            .addOption(portFlag("8080"))
            .addOption(
                option("--advertised-address", "HOST:PORT", String.class, null)
                    .description(
                        "Where other instances reach the HTTP of this one. Default: where it is"
                            + " served.")
                    .build())
            .addOption(
                option("--kafka-port", "PORT", Integer.class, "9092")
                    .description(
                        "Port of the embedded Kafka broker, on loopback only; 0 takes a free one."
                            + " Not used with --bootstrap-servers."
                            + DEFAULT)
                    .build())
            .addOption(
                option("--data-dir", "DIR", Path.class, "./pleat-data")
                    .description(
                        "Directory of the embedded broker's records and of the state stores; one"
                            + " process each."
                            + DEFAULT)
                    .build())
            .addOption(
                option("--partitions", "COUNT", Integer.class, null)
                    .description(
                        "Partitions of each topic when it is created; cannot change afterwards."
                            + " Default: 4 with the embedded broker, 12 in a cluster.")
                    .build())
            .addOption(
                option("--bootstrap-servers", "HOST:PORT", String.class, null)
                    .description(
                        "Kafka cluster to join, comma separated. Without it a real Kafka broker"
                            + " runs in this process.")
                    .build())
            .addOption(
                option("--domains", "NAMES", String.class, null)
                    .description(
                        "Domains to run, comma separated; a process with fewer starts sooner."
                            + " Default: calculator, customers, products, prices, catalogue.")
                    .build())
            .addOption(
                option(VIEWS_IN, "URL", String.class, null)
                    .description(
                        "PostgreSQL database in which views are kept that are made from the events"
                            + " of one aggregate each, like"
                            + " jdbc:postgresql://localhost:5432/shop?user=pleat. Its password"
                            + " comes from the environment variable PLEAT_VIEWS_PASSWORD, or from"
                            + " a file. Default: state stores of this process.")
                    .build())
            .addOption(
                option(VIEWS_PASSWORD_FILE, "FILE", Path.class, null)
                    .description("File that holds the password for --views-in.")
                    .build())
            .addOption(insecureFlag())
            .addOption(
                flag("--accept-recreated-topics")
                    .description(
                        "Start although a commands topic was deleted and created again; its"
                            + " records are then read from the beginning.")
                    .build())
            .addOption(
                option("--switch-log", "DOMAIN=GENERATION", String.class, null)
                    .description(
                        "Let a rebuilt generation of a domain's log take the place of the one that"
                            + " serves, comma separated; only when every other process of the"
                            + " domain is stopped, and for good. See pleat log switch.")
                    .build());
    SmtpSettings.addTo(spec);
    spec.addOption(
        flag("--effects-from-first-event")
            .description(
                "Let effects that have never run act on the events there were before, too: an e-mail"
                    + " for each of them. Without it they begin with what happens from now on.")
            .build());
    return described(
        spec, environment, "Starts Pleat: decides commands, keeps views, answers HTTP.");
  }

  /** Help that says what a command does, and flags that may come from the environment. */
  static CommandSpec described(
      CommandSpec spec, Map<String, String> environment, String description) {
    spec.usageMessage()
        .width(HELP_WIDTH)
        .description(
            description, "Each flag --a-b can be given as environment variable PLEAT_A_B.");
    spec.defaultValueProvider(
        arg -> {
          if (arg instanceof OptionSpec option) {
            String value = environment.get(variable(option.longestName()));
            return value != null ? value : option.defaultValue();
          }
          return null;
        });
    return spec;
  }

  static OptionSpec hostFlag() {
    return option("--host", "ADDRESS", String.class, "127.0.0.1")
        .description("Address HTTP is served on. Another than loopback needs --insecure." + DEFAULT)
        .build();
  }

  static OptionSpec portFlag(String fallback) {
    return option("--port", "PORT", Integer.class, fallback)
        .description("Port HTTP is served on; 0 takes a free one." + DEFAULT)
        .build();
  }

  static OptionSpec insecureFlag() {
    return flag("--insecure")
        .description("Serve another address than loopback although nobody is authenticated.")
        .build();
  }

  static OptionSpec.Builder option(
      String name, String label, Class<?> type, @Nullable String fallback) {
    return OptionSpec.builder(name).paramLabel(label).type(type).defaultValue(fallback);
  }

  private static OptionSpec.Builder flag(String name) {
    return OptionSpec.builder(name).type(Boolean.class).arity("0");
  }

  private static String variable(String flag) {
    return "PLEAT_" + flag.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /**
   * The settings of a command line.
   *
   * @param environment has what no command line should
   * @throws StartRefused if a value cannot work; the message names the flag
   */
  static Settings of(ParseResult line, Map<String, String> environment) {
    CommandSpec spec = line.commandSpec();
    Optional<String> servers =
        Settings.<String>value(spec, "--bootstrap-servers").filter(text -> !text.isBlank());
    Settings settings =
        new Settings(
            Settings.<String>value(spec, "--host").orElseThrow(),
            Settings.<Integer>value(spec, "--port").orElseThrow(),
            Settings.<String>value(spec, "--advertised-address").filter(text -> !text.isBlank()),
            Settings.<Integer>value(spec, "--kafka-port").orElseThrow(),
            Settings.<Path>value(spec, "--data-dir").orElseThrow().toAbsolutePath().normalize(),
            Settings.<Integer>value(spec, "--partitions")
                .orElse(servers.isPresent() ? CLUSTER_PARTITIONS : EMBEDDED_PARTITIONS),
            servers,
            names(spec, "--domains"),
            Settings.<Boolean>value(spec, "--insecure").orElse(false),
            Settings.<Boolean>value(spec, "--accept-recreated-topics").orElse(false),
            SmtpSettings.of(line),
            Settings.<Boolean>value(spec, "--effects-from-first-event").orElse(false),
            viewsIn(spec, environment),
            Settings.<String>value(spec, "--switch-log")
                .filter(text -> !text.isBlank())
                .map(Settings::generations)
                .orElse(Map.of()));
    settings.check();
    return settings;
  }

  private static Optional<ViewDatabase> viewsIn(CommandSpec spec, Map<String, String> environment) {
    return Settings.<String>value(spec, VIEWS_IN)
        .filter(text -> !text.isBlank())
        .map(
            url ->
                ViewDatabase.of(
                    VIEWS_IN,
                    url,
                    Settings.<Path>value(spec, VIEWS_PASSWORD_FILE)
                        .map(file -> ViewDatabase.password(VIEWS_PASSWORD_FILE, file))
                        .or(() -> Optional.ofNullable(environment.get(VIEWS_PASSWORD)))));
  }

  private static Map<String, Integer> generations(String text) {
    Map<String, Integer> generations = new LinkedHashMap<>();
    for (String each : text.split(",", -1)) {
      Matcher parts = GENERATION.matcher(each.strip());
      if (!parts.matches()
          || generations.put(parts.group(1), Integer.parseInt(parts.group(2))) != null) {
        throw new StartRefused(
            "--switch-log " + text + ": must be a domain and a generation, like calculator=2");
      }
    }
    return generations;
  }

  /** The names a flag lists, comma separated; none if it is not given. */
  static List<String> names(CommandSpec spec, String flag) {
    return Settings.<String>value(spec, flag).filter(text -> !text.isBlank()).stream()
        .flatMap(text -> Arrays.stream(text.split(",", -1)))
        .map(String::strip)
        .toList();
  }

  static <T> Optional<T> value(CommandSpec spec, String flag) {
    return Optional.ofNullable(spec.findOption(flag).getValue());
  }

  private void check() {
    checkPort("--port", port);
    checkPort("--kafka-port", kafkaPort);
    advertisedAddress.ifPresent(address -> checkAddress("--advertised-address", address));
    if (partitions < 1 || partitions > MAX_PARTITIONS) {
      throw new StartRefused(
          "--partitions " + partitions + ": must be from 1 to " + MAX_PARTITIONS);
    }
    checkHost(host, insecure, "send commands");
  }

  /** Refuses to let anyone do this who reaches the address, unless that was said to be meant. */
  static void checkHost(String host, boolean insecure, String act) {
    try {
      if (!InetAddress.getByName(host).isLoopbackAddress() && !insecure) {
        throw new StartRefused(
            "--host "
                + host
                + ": anyone who reaches this address may "
                + act
                + "; add --insecure to serve it all the same");
      }
    } catch (UnknownHostException e) {
      throw new StartRefused(
          "--host " + host + ": no such address; use 127.0.0.1 or a name of this machine");
    }
  }

  static void checkAddress(String flag, String address) {
    Matcher parts = ADDRESS.matcher(address);
    int port = parts.matches() ? Integer.parseInt(parts.group(1)) : 0;
    if (port < 1 || port > 65_535) {
      throw new StartRefused(
          flag
              + " "
              + address
              + ": must be a host and a port, like pleat-1.example.org:8080 or [::1]:8080");
    }
  }

  static void checkPort(String flag, int port) {
    if (port < 0 || port > 65_535) {
      throw new StartRefused(flag + " " + port + ": must be from 0 to 65535");
    }
  }
}
