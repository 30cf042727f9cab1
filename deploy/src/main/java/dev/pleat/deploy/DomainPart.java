package dev.pleat.deploy;

import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * A view or a policy of a running Pleat, as the command line names it.
 *
 * @param kind what it is
 * @param name by which its domain knows it
 */
record DomainPart(Kind kind, String domain, String name) {

  /** What has a name in a domain. */
  enum Kind {
    VIEW("views", "calculator/values", "Folds again"),
    POLICY("policies", "customers/changing-address", "Reacts again to");

    /** Where HTTP has them in their domain, and the command that lists them. */
    private final String path;

    private final String example;

    /** What is done with an event that is met once more. */
    private final String again;

    Kind(String path, String example, String again) {
      this.path = path;
      this.example = example;
      this.again = again;
    }

    private String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The same command, of one of them. */
    CommandSpec named(CommandSpec spec) {
      return spec.addPositional(
          PositionalParamSpec.builder()
              .paramLabel("DOMAIN/" + name())
              .type(String.class)
              .required(true)
              .arity("1")
              .description("As pleat " + path + " lists it.")
              .build());
    }

    /**
     * Lists all of them, or does what a subcommand says with the one it names. Returns the exit
     * code.
     */
    int run(
        ParseResult line,
        PrintStream out,
        PrintStream err,
        RunningServer.Asking list,
        OnOne onOne) {
      if (!line.hasSubcommand()) {
        return RunningServer.ask(line, out, err, list);
      }
      ParseResult verb = line.subcommand();
      return RunningServer.ask(
          verb,
          out,
          err,
          server -> {
            Optional<DomainPart> part = of(this, verb, err);
            return part.isEmpty() ? RunningServer.FAILED : onOne.ask(server, part.get(), verb);
          });
    }

    /** What helps where there is none of a name. */
    String hint() {
      return "pleat " + path + " lists the " + path;
    }
  }

  /** A question about one of them. */
  @FunctionalInterface
  interface OnOne {
    /** Does what the verb says, shows the answers, and returns the exit code. */
    int ask(RunningServer server, DomainPart part, ParseResult verb)
        throws IOException, InterruptedException;
  }

  /** The one that a command line names; empty, and said, if that can be none. */
  private static Optional<DomainPart> of(Kind kind, ParseResult line, PrintStream err) {
    String text = line.commandSpec().positionalParameters().get(0).getValue();
    String[] parts = text.split("/", -1);
    if (parts.length != 2 || !text.matches("[a-z0-9-]+/[a-z0-9-]+")) {
      err.println("pleat: " + text + ": name the " + kind.word() + " like " + kind.example);
      return Optional.empty();
    }
    return Optional.of(new DomainPart(kind, parts[0], parts[1]));
  }

  /** Asks for something to be done with it. */
  HttpResponse<byte[]> post(RunningServer server, String verb, String body)
      throws IOException, InterruptedException {
    return server.post("domains/" + domain + "/" + kind.path + "/" + name + "/" + verb, body);
  }

  /**
   * Lets it go on where it has stopped, and returns the exit code.
   *
   * @param verb {@code continue} or {@code skip}
   */
  int resume(RunningServer server, String verb) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = post(server, verb, "{}");
    if (answer.statusCode() != 200) {
      return server.failed(answer, kind.hint());
    }
    for (Map<?, ?> mark : RunningServer.maps(RunningServer.fields(answer.body()).get("resumed"))) {
      server
          .out()
          .println(
              (verb.equals("skip") ? "Leaves out" : kind.again)
                  + " offset "
                  + mark.get("offset")
                  + " of partition "
                  + mark.get("partition"));
    }
    server.out().println("pleat " + kind.path + " shows how far it gets.");
    return 0;
  }
}
