package dev.pleat.deploy;

import static dev.pleat.deploy.DomainPart.Kind.POLICY;

import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code pleat policies}: asks a running Pleat about its policies, and lets them go on. */
final class PoliciesCommand {

  /** How the health of a process names a policy. */
  private static final String ROLE = "react ";

  private PoliciesCommand() {}

  /** The command and what it takes. */
  static CommandSpec spec() {
    CommandSpec policies =
        RunningServer.command(
            "policies", "Lists the policies of one process: whether they work, and why not.");
    policies.addSubcommand(
        "continue",
        POLICY.named(
            RunningServer.command(
                "continue",
                "Lets a stopped policy react again to the event at which it stopped: after a"
                    + " mend.")));
    policies.addSubcommand(
        "skip",
        POLICY.named(
            RunningServer.command(
                "skip",
                "Lets a stopped policy go on without the event at which it stopped: nothing will"
                    + " follow from it.")));
    return policies;
  }

  /** Runs it, and returns the exit code. */
  static int run(ParseResult line, PrintStream out, PrintStream err) {
    return POLICY.run(
        line,
        out,
        err,
        PoliciesCommand::list,
        (server, policy, verb) -> policy.resume(server, verb.commandSpec().name()));
  }

  private static int list(RunningServer asked) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = asked.get("health/ready");
    if (answer.statusCode() != 200 && answer.statusCode() != 503) {
      return asked.failed(answer, POLICY.hint());
    }
    // One that has stopped somewhere is there twice: its threads go on.
    Map<String, List<String>> troubles = new LinkedHashMap<>();
    for (Map<?, ?> role : RunningServer.maps(RunningServer.fields(answer.body()).get("roles"))) {
      String name = String.valueOf(role.get("name"));
      if (name.startsWith(ROLE)) {
        List<String> why =
            troubles.computeIfAbsent(name.substring(ROLE.length()), same -> new ArrayList<>());
        if (!"up".equals(role.get("status"))) {
          why.add(String.valueOf(role.get("reason")));
        }
      }
    }
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"POLICY", "STATUS", ""});
    troubles.forEach(
        (name, why) ->
            rows.add(
                new String[] {name, why.isEmpty() ? "works" : "down", String.join("; ", why)}));
    RunningServer.table(asked.out(), rows);
    return 0;
  }
}
