package dev.pleat.deploy;

import dev.pleat.schemas.JsonCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code pleat views}: asks a running Pleat about its views over HTTP, and lets them go on. It
 * never opens the data directory of a running process.
 */
final class ViewsCommand {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int FAILED = 1;
  private static final String SERVER = "--server";

  private ViewsCommand() {}

  /** The command and what it takes. */
  static CommandSpec spec() {
    CommandSpec views = command("views", "Lists the views: version, position, lag, where stopped.");
    views.addSubcommand(
        "continue",
        named(
            command(
                "continue",
                "Lets a stopped view fold the event again at which it stopped: after a mend.")));
    views.addSubcommand(
        "skip",
        named(
            command(
                "skip",
                "Lets a stopped view go on without the event at which it stopped: its rows will"
                    + " lack it.")));
    return views;
  }

  private static CommandSpec command(String name, String description) {
    CommandSpec spec =
        CommandSpec.create()
            .name(name)
            .mixinStandardHelpOptions(true)
            .addOption(
                OptionSpec.builder(SERVER)
                    .paramLabel("URL")
                    .type(String.class)
                    .defaultValue("http://127.0.0.1:8080")
                    .description("Where Pleat runs. Default: ${DEFAULT-VALUE}.")
                    .build());
    spec.usageMessage().description(description);
    return spec;
  }

  private static CommandSpec named(CommandSpec spec) {
    return spec.addPositional(
        PositionalParamSpec.builder()
            .paramLabel("DOMAIN/VIEW")
            .type(String.class)
            .required(true)
            .arity("1")
            .description("As pleat views lists it.")
            .build());
  }

  /** Runs it, and returns the exit code. */
  static int run(ParseResult line, PrintStream out, PrintStream err) {
    ParseResult last = line.hasSubcommand() ? line.subcommand() : line;
    String server = last.commandSpec().findOption(SERVER).getValue();
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI base = URI.create(server.endsWith("/") ? server : server + "/");
      return line.hasSubcommand() ? resume(http, base, last, out, err) : list(http, base, out, err);
    } catch (IllegalArgumentException e) {
      err.println("pleat: " + SERVER + " " + server + ": not a URL like http://127.0.0.1:8080");
      return FAILED;
    } catch (IOException e) {
      err.println("pleat: " + SERVER + " " + server + ": nobody answers there; is Pleat running?");
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  private static int list(HttpClient http, URI base, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        http.send(request(base, "views").GET().build(), BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      return failed(answer, err);
    }
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"VIEW", "VERSION", "STATUS", "POSITION", "LAG", ""});
    for (Map<?, ?> view : maps(fields(answer.body()).get("views"))) {
      rows.add(row(view));
    }
    int[] widths = new int[6];
    rows.forEach(
        row -> {
          for (int i = 0; i < row.length; i++) {
            widths[i] = Math.max(widths[i], row[i].length());
          }
        });
    for (String[] row : rows) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        text.append(String.format(Locale.ROOT, "%-" + Math.max(1, widths[i]) + "s  ", row[i]));
      }
      out.println(text.toString().stripTrailing());
    }
    return 0;
  }

  private static String[] row(Map<?, ?> view) {
    long position = 0;
    long lag = 0;
    boolean known = true;
    List<String> notes = new ArrayList<>();
    Optional.ofNullable(view.get("reason")).ifPresent(reason -> notes.add(reason.toString()));
    for (Map<?, ?> part : maps(view.get("partitions"))) {
      if (part.get("position") instanceof Number at && part.get("end") instanceof Number end) {
        position += at.longValue();
        lag += Math.max(0, end.longValue() - at.longValue());
      } else {
        known = false;
      }
      if (part.get("stopped") instanceof Map<?, ?> stopped) {
        notes.add(
            "stopped at %s-%s offset %s: %s: %s"
                .formatted(
                    part.get("topic"),
                    part.get("partition"),
                    stopped.get("offset"),
                    stopped.get("reason"),
                    stopped.get("detail")));
      }
    }
    return new String[] {
      view.get("domain") + "/" + view.get("view"),
      String.valueOf(view.get("version")),
      String.valueOf(view.get("status")),
      known ? String.valueOf(position) : "unknown",
      known ? String.valueOf(lag) : "unknown",
      String.join("; ", notes)
    };
  }

  private static int resume(
      HttpClient http, URI base, ParseResult line, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    String name = line.commandSpec().positionalParameters().get(0).getValue();
    String[] parts = name.split("/", -1);
    if (parts.length != 2 || !name.matches("[a-z0-9-]+/[a-z0-9-]+")) {
      err.println("pleat: " + name + ": name the view like calculator/values");
      return FAILED;
    }
    String verb = line.commandSpec().name();
    HttpResponse<byte[]> answer =
        http.send(
            request(base, "domains/" + parts[0] + "/views/" + parts[1] + "/" + verb)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{}"))
                .build(),
            BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      return failed(answer, err);
    }
    for (Map<?, ?> mark : maps(fields(answer.body()).get("resumed"))) {
      out.println(
          (verb.equals("skip") ? "Leaves out" : "Folds again")
              + " offset "
              + mark.get("offset")
              + " of partition "
              + mark.get("partition"));
    }
    out.println("pleat views shows how far it gets.");
    return 0;
  }

  private static HttpRequest.Builder request(URI base, String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
  }

  private static int failed(HttpResponse<byte[]> answer, PrintStream err) {
    String detail;
    try {
      detail = String.valueOf(fields(answer.body()).get("detail"));
    } catch (RuntimeException e) {
      detail = "this is no Pleat, or another release of it";
    }
    err.println("pleat: " + answer.uri() + " answered " + answer.statusCode() + ": " + detail);
    return FAILED;
  }

  private static Map<?, ?> fields(byte[] json) {
    return JsonCodec.toRecord(JsonCodec.readObject(json), Map.class);
  }

  private static List<Map<?, ?>> maps(@Nullable Object list) {
    List<Map<?, ?>> maps = new ArrayList<>();
    if (list instanceof List<?> all) {
      all.forEach(
          each -> {
            if (each instanceof Map<?, ?> map) {
              maps.add(map);
            }
          });
    }
    return maps;
  }
}
