package dev.pleat.deploy.trial;

import dev.pleat.deploy.Main;
import dev.pleat.deploy.Port;
import dev.pleat.deploy.TrialSettings;
import dev.pleat.deploy.Welcome;
import java.io.PrintStream;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/** The command line of {@code pleat try}, which has a class path of its own. */
public final class TrialMain {

  private TrialMain() {}

  /** Runs {@code pleat try} with these arguments, the first of which is "try". */
  public static void main(String[] arguments) {
    int exit = run(arguments, System.getenv(), System.out, System.err);
    if (exit != 0) {
      System.exit(exit);
    }
  }

  static int run(
      String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
    CommandSpec spec =
        CommandSpec.create()
            .name("pleat")
            .addSubcommand(
                TrialSettings.COMMAND,
                TrialSettings.spec(environment)
                    .mixinStandardHelpOptions(true)
                    .version("pleat " + Main.version()));
    return Main.run(
        spec, arguments, out, err, command -> answer(TrialSettings.of(command), out, err));
  }

  private static int answer(TrialSettings settings, PrintStream out, PrintStream err) {
    Trial trial =
        Trial.start(
            Main.tried(settings.domains()),
            Port.listen(settings.host(), settings.port()),
            Trial.Limits.DEFAULT);
    Main.closeAtTheEnd(trial::close, err);
    // An IPv6 address needs brackets in a URL.
    String host = settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
    String url = "http://" + host + ":" + trial.port();
    out.println(Welcome.ofTrial(url, settings.domains(), trial.absent()));
    out.flush();
    return Main.awaitTheEnd();
  }
}
