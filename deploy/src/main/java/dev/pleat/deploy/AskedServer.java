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
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * A running Pleat that the command line asks over HTTP, and where it is said what came of that. It
 * never opens the data directory of a running process. Used by one thread.
 */
record AskedServer(HttpClient http, URI base, PrintStream out, PrintStream err) {

  static final int FAILED = 1;

  /** How often a command that shows progress looks again. */
  static final Duration LOOK_AGAIN = Duration.ofMillis(500);

  private static final Duration PATIENCE = Duration.ofSeconds(45);
  private static final String SERVER = "--server";
  private static final String RATE = "--rate";

  /** What is asked, and the exit code that comes of it. */
  interface Conversation {
    int with(AskedServer server) throws IOException, InterruptedException;
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
  static int ask(ParseResult line, PrintStream out, PrintStream err, Conversation conversation) {
    String server = line.commandSpec().findOption(SERVER).getValue();
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI base = URI.create(server.endsWith("/") ? server : server + "/");
      return conversation.with(new AskedServer(http, base, out, err));
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

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return http.send(request(path).GET().build(), BodyHandlers.ofByteArray());
  }

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
   * Says what was answered instead of what was expected.
   *
   * @param unknown what to do when there is no such thing
   */
  int failed(HttpResponse<byte[]> answer, String unknown) {
    String detail;
    try {
      detail = String.valueOf(fields(answer.body()).get("detail"));
    } catch (RuntimeException e) {
      detail = "this is no Pleat, or another release of it";
    }
    String hint = answer.statusCode() == 404 ? " (" + unknown + ")" : "";
    err.println(
        "pleat: " + answer.uri() + " answered " + answer.statusCode() + ": " + detail + hint);
    return FAILED;
  }

  /** A bar that changes in place on a terminal. */
  @SuppressWarnings("SystemConsoleNull") // The launcher asks for the console that can be missing.
  ProgressBar progressBar() {
    return new ProgressBar(out, System.console() != null);
  }

  static Map<?, ?> fields(byte[] json) {
    return JsonCodec.toRecord(JsonCodec.readObject(json), Map.class);
  }
}
