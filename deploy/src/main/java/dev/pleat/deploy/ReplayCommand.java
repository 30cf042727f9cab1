package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code pleat replay}: shows the life of one aggregate event by event, with the state and the rows
 * after each. The server folds the events anew for it, page by page; nothing that is served
 * changes.
 */
final class ReplayCommand {

  private static final String KEY = "--key";
  private static final String FROM = "--from-version";
  private static final String UNTIL = "--until-version";

  private ReplayCommand() {}

  /** The command and what it takes. */
  static CommandSpec spec() {
    return RunningServer.command(
            "replay",
            "Shows each event of an aggregate with its cause, and the state and the rows after it."
                + " On the machine where Pleat runs.")
        .addPositional(
            PositionalParamSpec.builder()
                .paramLabel("DOMAIN")
                .type(String.class)
                .required(true)
                .arity("1")
                .description("Such as calculator.")
                .build())
        .addOption(
            OptionSpec.builder(KEY)
                .paramLabel("ID")
                .type(String.class)
                .required(true)
                .description("The id of the aggregate.")
                .build())
        .addOption(version(FROM, "The first version to show. Default: 1."))
        .addOption(version(UNTIL, "The last version to show. Default: the newest."));
  }

  private static OptionSpec version(String name, String description) {
    return OptionSpec.builder(name)
        .paramLabel("N")
        .type(Long.class)
        .description(description)
        .build();
  }

  /** Runs it, and returns the exit code. */
  static int run(ParseResult line, PrintStream out, PrintStream err) {
    CommandSpec spec = line.commandSpec();
    String domain = spec.positionalParameters().get(0).getValue();
    String key = spec.findOption(KEY).getValue();
    Optional<Long> from = Optional.ofNullable(spec.findOption(FROM).getValue());
    Optional<Long> until = Optional.ofNullable(spec.findOption(UNTIL).getValue());
    StringBuilder path =
        new StringBuilder("domains/")
            .append(encoded(domain))
            .append("/replay/")
            .append(encoded(key))
            .append("?limit=1000");
    from.ifPresent(version -> path.append("&from-version=").append(version));
    until.ifPresent(version -> path.append("&until-version=").append(version));
    return RunningServer.ask(
        line, out, err, server -> show(server, path.toString(), until.orElse(0L)));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  /** Page by page, so that a long life takes no more memory than a short one. */
  private static int show(RunningServer server, String path, long until)
      throws IOException, InterruptedException {
    String cursor = "";
    long shown = 0;
    while (true) {
      HttpResponse<byte[]> answer = server.get(path + cursor);
      if (answer.statusCode() != 200) {
        return server.failed(answer, "GET /domains lists the domains");
      }
      Map<?, ?> page = RunningServer.fields(answer.body());
      for (Map<?, ?> step : RunningServer.maps(page.get("steps"))) {
        shown = show(server.out(), step);
      }
      server.out().flush();
      if (page.get("cursor") == null) {
        break;
      }
      cursor = "&cursor=" + page.get("cursor");
    }
    if (shown < until) {
      server
          .err()
          .println("pleat: the newest version recorded there is " + shown + ", not " + until);
      return RunningServer.FAILED;
    }
    return 0;
  }

  /** Prints a step and returns its version. */
  private static long show(PrintStream out, Map<?, ?> step) {
    Map<?, ?> event = object(step.get("event"));
    long version = number(event.get("version"));
    long through = number(event.get("through"));
    out.println(
        "version "
            + version
            + "  "
            + event.get("timestamp")
            + "  "
            + event.get("action")
            + " "
            + json(event.get("data")));
    StringBuilder cause = new StringBuilder("command ").append(event.get("parent-id"));
    note(cause, " by ", event.get("actor"));
    note(cause, ", correlation ", event.get("correlation-id"));
    if (version < through) {
      cause.append(", whole at version ").append(through);
    }
    out.println("  cause: " + cause);
    out.println("  state: " + json(step.get("state")));
    object(step.get("rows"))
        .forEach((view, row) -> out.println("  view " + view + ": " + json(row)));
    return version;
  }

  private static void note(StringBuilder to, String before, @Nullable Object text) {
    if (text != null) {
      to.append(before).append(text);
    }
  }

  private static Map<?, ?> object(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static long number(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : 0;
  }

  private static String json(@Nullable Object value) {
    return JsonCodec.toObject(object(value)).toString();
  }
}
