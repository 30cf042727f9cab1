package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes with a data directory each, joined to one broker. */
final class TwoInstancesIT {

  private static final int EACH = 200;
  private static final int CLIENTS = 32;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir static Path directory;

  private static BrokerProcess broker;
  private static List<PleatProcess> processes = List.of();
  private static List<ApiClient> instances = List.of();

  @BeforeAll
  static void start() {
    broker = BrokerProcess.start(directory.resolve("broker"));
    processes = List.of(launch("one"), launch("two"));
    instances =
        processes.stream().map(process -> new ApiClient(process.http().toString())).toList();
    // The one that came second takes over partitions of the other.
    instances.forEach(TwoInstancesIT::awaitReady);
  }

  private static PleatProcess launch(String name) {
    return PleatProcess.launch(
        "two-instances-" + name, directory.resolve(name), joined().toArray(String[]::new));
  }

  private static List<String> joined() {
    return List.of("--bootstrap-servers", broker.bootstrapServers(), "--partitions", "4");
  }

  private static void awaitReady(ApiClient instance) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    HttpResponse<String> ready = instance.get("/health/ready");
    while (ready.statusCode() != 200) {
      assertTrue(System.nanoTime() < deadline, ready.body());
      LockSupport.parkNanos(20_000_000);
      ready = instance.get("/health/ready");
    }
  }

  @AfterAll
  static void stop() {
    instances.forEach(ApiClient::close);
    processes.forEach(PleatProcess::close);
    broker.close();
  }

  /** A value and the token of its creation. */
  private record Created(String id, String token) {}

  @Test
  void every_command_sent_to_either_at_once_is_answered_in_time_and_its_value_read_from_one()
      throws Exception {
    List<Callable<HttpResponse<String>>> posts = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      for (ApiClient instance : instances) {
        posts.add(() -> instance.post("/values", "{\"value\": 3}"));
      }
    }

    List<HttpResponse<String>> answers = atOnce(posts);

    assertEquals(
        Map.of(201, 2L * EACH),
        answers.stream().collect(groupingBy(HttpResponse::statusCode, counting())));
    List<Created> created =
        answers.stream()
            .map(
                answer ->
                    new Created(
                        json(answer).get("value-id").asString(), header(answer, "Pleat-Token")))
            .toList();
    assertEquals(2L * EACH, created.stream().map(Created::id).distinct().count());

    List<Callable<Integer>> reads = new ArrayList<>();
    created.forEach(value -> reads.add(() -> holderOf(value)));
    Set<Integer> holders = Set.copyOf(atOnce(reads));
    assertEquals(Set.of(0, 1), holders, "inconclusive: one instance holds everything");
  }

  private static <T> List<T> atOnce(List<Callable<T>> work) throws Exception {
    List<T> results = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      for (Future<T> done : clients.invokeAll(work)) {
        results.add(done.get());
      }
    }
    return results;
  }

  /** The one instance that has the row; the other must say that it cannot tell. */
  private static int holderOf(Created value) {
    String path = "/values/" + value.id() + "?wait=";
    List<HttpResponse<String>> answers =
        instances.stream()
            .map(instance -> instance.get(path + "0s", "Pleat-Token", value.token()))
            .toList();
    int holder = json(answers.get(0)).path("code").asString("").equals("not-now") ? 1 : 0;
    HttpResponse<String> other = answers.get(1 - holder);
    assertEquals(503, other.statusCode(), other.body());
    assertEquals("not-now", json(other).get("code").asString(), other.body());
    HttpResponse<String> row = instances.get(holder).get(path + "2s", "Pleat-Token", value.token());
    assertEquals("{\"value-id\":\"" + value.id() + "\",\"value\":3.0,\"version\":1}", row.body());
    return holder;
  }

  @Test
  void a_value_nobody_created_is_not_found_at_one_and_not_now_at_the_other() {
    for (int i = 0; i < 8; i++) {
      String unknown = new UUID(i, 0x8000_0000_0000_0000L).toString();
      Set<String> codes = new HashSet<>();
      for (ApiClient instance : instances) {
        HttpResponse<String> answer = instance.get("/values/" + unknown + "?wait=0s");
        codes.add(answer.statusCode() + " " + json(answer).get("code").asString());
      }
      assertEquals(Set.of("404 not-found", "503 not-now"), codes);
    }
  }

  @Test
  void another_process_with_the_same_data_directory_is_refused()
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--port",
                "0",
                "--data-dir",
                directory.resolve("one").toString()));
    command.addAll(joined());
    Path output = directory.resolve("second.log");
    Process second =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(second.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), "it was not refused");
    } finally {
      second.destroyForcibly();
    }
    String said = Files.readString(output);

    assertEquals(StartRefused.EXIT_CODE, second.exitValue(), said);
    List<String> refusal =
        said.lines().filter(line -> line.startsWith("pleat: --data-dir ")).toList();
    assertEquals(1, refusal.size(), said);
    assertTrue(refusal.getFirst().contains(directory.resolve("one").toString()), said);
    assertTrue(refusal.getFirst().contains("in use by another process"), said);
  }
}
