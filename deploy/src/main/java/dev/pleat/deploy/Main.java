package dev.pleat.deploy;

import dev.pleat.interactivequeries.Health;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.enrolments.EnrolmentDomain;
import dev.pleat.topology.listings.ListingDomain;
import dev.pleat.topology.market.MarketDomain;
import dev.pleat.topology.payments.PaymentDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.io.PrintStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line of Pleat, and the place where domains are joined to the engine. */
public final class Main {

  /** The domains that are run unless others are named. A new one is one line here. */
  private static final List<Domain<?, ?, ?>> USUAL =
      List.of(
          CalculatorDomain.CALCULATOR,
          CustomerDomain.CUSTOMERS,
          ProductDomain.PRODUCTS,
          PriceDomain.PRICES,
          CatalogueDomain.CATALOGUE);

  /** Those that are run when they are named: all together take too long to start by default. */
  private static final List<Domain<?, ?, ?>> WHEN_NAMED =
      List.of(
          ListingDomain.LISTINGS,
          EnrolmentDomain.ENROLMENTS,
          PaymentDomain.PAYMENTS,
          MarketDomain.MARKET);

  private static final List<Domain<?, ?, ?>> DOMAINS =
      Stream.concat(USUAL.stream(), WHEN_NAMED.stream()).toList();

  private static final Duration READY_PATIENCE = Duration.ofSeconds(60);
  private static final int EXIT_USAGE = 2;

  private Main() {}

  /** Runs {@code pleat} with these arguments; ends the JVM with the exit code. */
  public static void main(String[] arguments) {
    int exit = run(arguments, System.getenv(), System.out, System.err);
    if (exit != 0) {
      System.exit(exit);
    }
  }

  static int run(
      String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
    return run(
        spec(environment),
        arguments,
        out,
        err,
        command ->
            switch (command.commandSpec().name()) {
              case "views" -> ViewsCommand.run(command, out, err);
              case "policies" -> PoliciesCommand.run(command, out, err);
              case "replay" -> ReplayCommand.run(command, out, err);
              case "log" -> LogCommand.run(command, out, err);
              case "replica" -> replicate(ReplicaSettings.of(command), out, err);
              case TrialSettings.COMMAND ->
                  throw new StartRefused(
                      "try has a main class and a class path of its own: start it with bin/pleat");
              default -> serve(Settings.of(command, environment), out, err);
            });
  }

  /**
   * Runs what a command line asks for, and says in one line what is wrong with it.
   *
   * @param spec with the commands as subcommands
   * @param run runs a command that was parsed, and returns the exit code
   * @return the exit code
   */
  public static int run(
      CommandSpec spec,
      String[] arguments,
      PrintStream out,
      PrintStream err,
      ToIntFunction<ParseResult> run) {
    CommandLine line = new CommandLine(spec);
    try {
      ParseResult parsed = line.parseArgs(arguments);
      Integer help = CommandLine.executeHelpRequest(parsed);
      if (help != null) {
        return help;
      }
      if (!parsed.hasSubcommand()) {
        line.usage(out);
        return EXIT_USAGE;
      }
      return run.applyAsInt(parsed.subcommand());
    } catch (ParameterException e) {
      String command = e.getCommandLine().getCommandSpec().qualifiedName();
      err.println("pleat: " + e.getMessage() + " (see " + command + " --help)");
      return EXIT_USAGE;
    } catch (StartRefused e) {
      err.println("pleat: " + e.getMessage());
      return StartRefused.EXIT_CODE;
    }
  }

  /** Every command and flag there is. */
  static CommandSpec spec(Map<String, String> environment) {
    String version = "pleat " + version();
    CommandSpec serve = Settings.spec(environment).mixinStandardHelpOptions(true).version(version);
    CommandSpec replica =
        ReplicaSettings.spec(environment).mixinStandardHelpOptions(true).version(version);
    CommandSpec spec =
        CommandSpec.create()
            .name("pleat")
            .mixinStandardHelpOptions(true)
            .version(version)
            .addSubcommand("serve", serve)
            .addSubcommand(
                TrialSettings.COMMAND,
                TrialSettings.spec(environment).mixinStandardHelpOptions(true).version(version))
            .addSubcommand("views", ViewsCommand.spec())
            .addSubcommand("policies", PoliciesCommand.spec())
            .addSubcommand("replay", ReplayCommand.spec())
            .addSubcommand("log", LogCommand.spec())
            .addSubcommand("replica", replica);
    spec.usageMessage().description("Commands, events and views on Kafka alone.");
    return spec;
  }

  private static int serve(Settings settings, PrintStream out, PrintStream err) {
    Instance instance =
        Instance.start(settings, chosen(settings), line -> err.println("pleat: " + line));
    closeAtTheEnd(instance::close, err);
    for (Health.Role role : instance.awaitReady(READY_PATIENCE)) {
      err.println("pleat: not ready: " + role.name() + ": " + role.reason().orElse(""));
    }
    out.println(Welcome.text(instance.url(), instance.bootstrapServers(), settings));
    out.flush();
    return awaitTheEnd();
  }

  private static int replicate(ReplicaSettings settings, PrintStream out, PrintStream err) {
    Replica replica = Replica.start(settings, DOMAINS, InstantSource.system());
    closeAtTheEnd(replica::close, err);
    out.println(Welcome.text(replica.url(), settings));
    out.flush();
    return awaitTheEnd();
  }

  /** Closes it on a signal, and ends the process then. */
  public static void closeAtTheEnd(Runnable close, PrintStream err) {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("stop")
                .unstarted(
                    () -> {
                      err.println("pleat: stopping");
                      close.run();
                      // A stop that was asked for is no failure: without this a signal ends in 143.
                      Runtime.getRuntime().halt(0);
                    }));
  }

  /** Returns only if the thread is interrupted. */
  public static int awaitTheEnd() {
    try {
      // Until a signal: the hook above ends the process.
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private static List<Domain<?, ?, ?>> chosen(Settings settings) {
    return settings.domains().isEmpty() ? USUAL : named(DOMAINS, settings.domains());
  }

  /**
   * Those that can be tried in memory.
   *
   * @param names of those that are wanted; none for all
   * @throws StartRefused if there is none of a name
   */
  public static List<Domain<?, ?, ?>> tried(List<String> names) {
    return names.isEmpty() ? USUAL : named(USUAL, names);
  }

  private static List<Domain<?, ?, ?>> named(List<Domain<?, ?, ?>> domains, List<String> wanted) {
    List<String> names = domains.stream().map(domain -> domain.schema().name()).toList();
    for (String name : wanted) {
      if (!names.contains(name)) {
        throw new StartRefused(
            "--domains: there is no " + name + "; there are " + String.join(", ", names));
      }
    }
    return domains.stream().filter(domain -> wanted.contains(domain.schema().name())).toList();
  }

  /** The release, as the archive says it. */
  public static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
