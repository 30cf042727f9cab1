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
import picocli.CommandLine.ParseResult;

/**
 * A running Pleat that a command of the command line asks over HTTP, and where its answers are
 * shown. A command never opens the data directory of a running process.
 */
record RunningServer(HttpClient http, URI base, PrintStream out, PrintStream err) {

  /** The exit code of a command that could not do what it should. */
  static final int FAILED = 1;

  /** How often a command that shows progress looks again. */
  static final Duration LOOK_AGAIN = Duration.ofMillis(500);

  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final String SERVER = "--server";
  private static final String RATE = "--rate";

  /** What a command does with the server. */
  interface Asking {
    /** Asks, shows the answers, and returns the exit code. */
    int ask(RunningServer server) throws IOException, InterruptedException;
  }

  /** A command that asks a server. */
  static CommandSpec command(String name, String description) {
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

  /** How fast something is done at most. */
  static OptionSpec rate(String label, String most) {
    return OptionSpec.builder(RATE)
        .paramLabel(label)
        .type(Integer.class)
        .description(most + ", from 100; 0 for as many as it can. Default: 2000.")
        .build();
  }

  /** The body that asks for the rate of the command line, if it says one. */
  static String rateOf(ParseResult line, String field) {
    Optional<Integer> rate = Optional.ofNullable(line.commandSpec().findOption(RATE).getValue());
    return rate.map(number -> "{\"" + field + "\":" + number + "}").orElse("{}");
  }

  /** Asks the server that the command line names, and returns the exit code. */
  static int ask(ParseResult line, PrintStream out, PrintStream err, Asking asking) {
    String server = line.commandSpec().findOption(SERVER).getValue();
    URI base;
    try {
      base = URI.create(server.endsWith("/") ? server : server + "/");
      HttpRequest.newBuilder(base);
    } catch (IllegalArgumentException e) {
      err.println("pleat: " + SERVER + " " + server + ": not a URL like http://127.0.0.1:8080");
      return FAILED;
    }
    try (HttpClient http = HttpClient.newHttpClient()) {
      return asking.ask(new RunningServer(http, base, out, err));
    } catch (IOException e) {
      err.println("pleat: " + SERVER + " " + server + ": nobody answers there; is Pleat running?");
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).GET().build(), BodyHandlers.ofByteArray());
  }

  /** Sends a body of JSON. */
  HttpResponse<byte[]> post(String path, String body) throws IOException, InterruptedException {
    return http.send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofByteArray());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
  }

  /**
   * Says what the server answered instead.
   *
   * @param hint what helps where there is no such thing
   */
  int failed(HttpResponse<byte[]> answer, String hint) {
    String detail;
    try {
      detail = String.valueOf(fields(answer.body()).get("detail"));
    } catch (RuntimeException e) {
      detail = "this is no Pleat, or another release of it";
    }
    err.println(
        "pleat: "
            + answer.uri()
            + " answered "
            + answer.statusCode()
            + ": "
            + detail
            + (answer.statusCode() == 404 ? " (" + hint + ")" : ""));
    return FAILED;
  }

  /** A bar that changes in place on a terminal. */
  @SuppressWarnings("SystemConsoleNull") // The launcher asks for the console that can be missing.
  ProgressBar progressBar() {
    return new ProgressBar(out, System.console() != null);
  }

  /** Shows rows of as many columns each, one below the other. */
  static void table(PrintStream out, List<String[]> rows) {
    int[] widths = new int[rows.get(0).length];
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
  }

  static Map<?, ?> fields(byte[] json) {
    return JsonCodec.toRecord(JsonCodec.readObject(json), Map.class);
  }

  /** The objects in a list; none if it is no list. */
  static List<Map<?, ?>> maps(@Nullable Object list) {
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
