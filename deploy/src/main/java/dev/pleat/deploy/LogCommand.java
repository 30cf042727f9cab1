package dev.pleat.deploy;

import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code pleat log}: lets a running Pleat decide all commands of a domain again and compare what
 * comes of them with its events log.
 */
final class LogCommand {

  private static final int USAGE = 2;
  private static final String UNKNOWN =
      "no such domain here takes commands; GET /domains lists the domains";

  private LogCommand() {}

  /** The command and what it takes. */
  static CommandSpec spec() {
    CommandSpec log = CommandSpec.create().name("log").mixinStandardHelpOptions(true);
    log.usageMessage().description("Decides a domain's commands again, and compares the events.");
    log.addSubcommand(
        "rebuild",
        named(
                RunningServer.command(
                    "rebuild",
                    "Decides all commands again, into a new generation of the events log beside the"
                        + " live one, and compares: identical, or the first difference. Switches"
                        + " nothing. Ended by Ctrl-C, only the display ends."))
            .addOption(
                RunningServer.rate("COMMANDS", "The most commands that are decided a second")));
    log.addSubcommand(
        "status",
        named(RunningServer.command("status", "Shows how far a rebuild is, or its result.")));
    log.addSubcommand(
        "switch",
        named(
            RunningServer.command(
                "switch",
                "Says how the generation that was rebuilt takes the place of the live one, and what"
                    + " that means. Changes nothing.")));
    log.addSubcommand(
        "cancel",
        named(
            RunningServer.command(
                "cancel",
                "Gives up a rebuild, and deletes the generation or what is left of it.")));
    return log;
  }

  private static CommandSpec named(CommandSpec spec) {
    return spec.addPositional(
        PositionalParamSpec.builder()
            .paramLabel("DOMAIN")
            .type(String.class)
            .required(true)
            .arity("1")
            .description("Such as calculator.")
            .build());
  }

  /** Runs it, and returns the exit code: 0 if the logs are identical, 1 if not. */
  static int run(ParseResult line, PrintStream out, PrintStream err) {
    if (!line.hasSubcommand()) {
      line.commandSpec().commandLine().usage(out);
      return USAGE;
    }
    ParseResult last = line.subcommand();
    String domain = last.commandSpec().positionalParameters().get(0).getValue();
    if (!domain.matches("[a-z0-9-]+")) {
      err.println("pleat: " + domain + ": name the domain like calculator");
      return RunningServer.FAILED;
    }
    String path = "domains/" + domain + "/log";
    return RunningServer.ask(
        last,
        out,
        err,
        asked ->
            switch (last.commandSpec().name()) {
              case "rebuild" -> rebuild(asked, path, last);
              case "cancel" -> cancel(asked, path);
              case "switch" -> explainSwitch(asked, path);
              default -> status(asked, path);
            });
  }

  private static int cancel(RunningServer asked, String path)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = asked.post(path + "/cancel", "{}");
    if (answer.statusCode() != 202) {
      return asked.failed(answer, UNKNOWN);
    }
    asked
        .out()
        .println(
            "Generation " + RunningServer.fields(answer.body()).get("generation") + " is deleted.");
    return 0;
  }

  private static int status(RunningServer asked, String path)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = asked.get(path);
    if (answer.statusCode() != 200) {
      return asked.failed(answer, UNKNOWN);
    }
    return said(asked, RunningServer.fields(answer.body()));
  }

  private static int explainSwitch(RunningServer asked, String path)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = asked.get(path);
    if (answer.statusCode() != 200) {
      return asked.failed(answer, UNKNOWN);
    }
    Map<?, ?> state = RunningServer.fields(answer.body());
    String domain = String.valueOf(state.get("domain"));
    String status = String.valueOf(state.get("status"));
    if (!status.equals("different")) {
      asked
          .err()
          .println(
              "pleat: nothing can be switched: a rebuild that this process made and found different"
                  + " is needed, and it is "
                  + status
                  + (status.equals("identical") ? ": what it made is what is there" : "")
                  + (isUnderWay(status) ? "" : "; begin with pleat log rebuild " + domain));
      return RunningServer.FAILED;
    }
    asked
        .out()
        .println(
            """
            Nothing is switched by this command. Generation %2$s of the log of %1$s takes the place of
            the live one at a start, when that is said:

              1. Stop the writers, best before the rebuild: what was decided since is decided again by
                 generation %2$s, and may become something else than what was answered.
              2. Stop every process of %1$s, and wait 10 s.
              3. Start one of them with what it is started with now, and

                   --switch-log %1$s=%2$s

              4. Start the others as always.

            It is for good. Rows, history and statuses are made anew from the other log, and answered
            with 503 not-now until then. Tokens and ETags that clients have are of the log before.
            Readers of the topics go on with %1$s.events.g%2$s and %1$s.outcomes.g%2$s; the old topics stay."""
                .formatted(domain, state.get("generation")));
    return 0;
  }

  private static int rebuild(RunningServer asked, String path, ParseResult line)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        asked.post(path + "/rebuild", RunningServer.rateOf(line, "commands-per-second"));
    if (answer.statusCode() != 202) {
      return asked.failed(answer, UNKNOWN);
    }
    asked
        .out()
        .println(
            "Decides all commands again, into generation "
                + RunningServer.fields(answer.body()).get("generation")
                + "; it goes on if this is ended.");
    return follow(asked, path);
  }

  /** Shows how far it has come until there is a result. */
  private static int follow(RunningServer asked, String path)
      throws IOException, InterruptedException {
    Optional<String> shown = Optional.empty();
    ProgressBar bar = asked.progressBar();
    while (true) {
      HttpResponse<byte[]> answer = asked.get(path);
      if (answer.statusCode() != 200) {
        return asked.failed(answer, UNKNOWN);
      }
      Map<?, ?> state = RunningServer.fields(answer.body());
      String status = String.valueOf(state.get("status"));
      if (!isUnderWay(status)) {
        if (shown.isPresent()) {
          bar.end();
        }
        return said(asked, state);
      }
      if (shown.isPresent() && !shown.get().equals(status)) {
        bar.end();
        asked.out().println("Compares the two logs.");
        bar = asked.progressBar();
      }
      shown = Optional.of(status);
      // Until it is known how much there is, nothing would be all of it.
      if (number(state.get("end")) > 0) {
        bar.show(number(state.get("position")), number(state.get("end")));
      }
      Thread.sleep(RunningServer.LOOK_AGAIN);
    }
  }

  private static boolean isUnderWay(String status) {
    return status.equals("rebuilding") || status.equals("comparing");
  }

  /** Says what the state is, and what to do next; the exit code. */
  private static int said(RunningServer asked, Map<?, ?> state) {
    PrintStream out = asked.out();
    String domain = String.valueOf(state.get("domain"));
    String status = String.valueOf(state.get("status"));
    return switch (status) {
      case "identical" -> identical(out, state);
      case "different" -> different(out, state, domain);
      case "none" -> {
        asked
            .err()
            .println(
                "pleat: the log of "
                    + domain
                    + " is not being rebuilt, and this process has no result: none was begun since"
                    + " it started, or it was given up");
        yield RunningServer.FAILED;
      }
      case "failed" -> {
        asked.err().println("pleat: the rebuild failed: " + state.get("reason"));
        yield RunningServer.FAILED;
      }
      default -> {
        out.println(
            String.format(
                Locale.ROOT,
                "%s: %s %%, %,d of %,d",
                status,
                state.get("percent"),
                number(state.get("position")),
                number(state.get("end"))));
        yield 0;
      }
    };
  }

  private static int identical(PrintStream out, Map<?, ?> state) {
    out.println("identical: " + events(state));
    outcomes(state).ifPresent(out::println);
    out.println(
        "The rules of this release make the same log of the commands. Nothing was switched; the new"
            + " generation is deleted, because it is what is there.");
    return 0;
  }

  private static int different(PrintStream out, Map<?, ?> state, String domain) {
    out.println("different, after " + events(state) + " that are the same. The first difference:");
    if (state.get("difference") instanceof Map<?, ?> difference) {
      describe(out, difference);
    }
    outcomes(state).ifPresent(out::println);
    out.println(
        "Nothing was switched: the live log is the truth, as its commands were decided then. If the"
            + " rules were not to change, mend them and rebuild again; if they were, what is wrong"
            + " in the log is put right by new commands.");
    out.println(
        ("The other log stays in %s.events.g%s to be looked at, until pleat log cancel %s or the"
                + " next rebuild. pleat log switch %s says how it would take the place of the live"
                + " one.")
            .formatted(domain, state.get("generation"), domain, domain));
    return RunningServer.FAILED;
  }

  private static void describe(PrintStream out, Map<?, ?> difference) {
    out.printf(
        "  command %s, received %s, partition %s%n",
        difference.get("command-id"), difference.get("timestamp"), difference.get("partition"));
    out.printf(
        "  aggregate %s, version %s%n", difference.get("aggregate-id"), difference.get("version"));
    for (String side : new String[] {"live", "rebuilt"}) {
      if (difference.get(side) instanceof Map<?, ?> log) {
        out.printf(
            "  %-8s %s-%s%s: %s%n",
            side,
            log.get("topic"),
            difference.get("partition"),
            log.get("offset") == null ? ", at its end" : " offset " + log.get("offset"),
            log.get("event") == null ? noEvent(log) : log.get("event"));
      }
    }
  }

  private static String noEvent(Map<?, ?> log) {
    return log.get("outcome") == null
        ? "no such event here"
        : "no such event; the command was " + log.get("outcome");
  }

  private static String events(Map<?, ?> state) {
    return String.format(Locale.ROOT, "%,d events", number(state.get("events")));
  }

  /** Said of the outcomes, if there is something to say. */
  private static Optional<String> outcomes(Map<?, ?> state) {
    if (!(state.get("outcomes") instanceof Map<?, ?> outcomes)) {
      return Optional.empty();
    }
    String counts =
        String.format(
            Locale.ROOT,
            "Of %,d outcomes %,d differ.",
            number(outcomes.get("compared")),
            number(outcomes.get("different")));
    return Optional.of(
        outcomes.get("reason") == null
            ? counts
            : counts + " Not all could be compared: " + outcomes.get("reason"));
  }

  private static long number(@Nullable Object field) {
    return field instanceof Number number ? number.longValue() : 0;
  }
}
