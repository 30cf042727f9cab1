package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** What can be said of the container files without a container engine. */
class ContainerFilesTest {

  private static final Path REPOSITORY = Path.of("..");

  @Test
  void the_image_is_made_and_run_on_java_21_or_later() throws IOException {
    List<String> images = instructions("FROM");

    assertEquals(2, images.size());
    for (String image : images) {
      List<String> java = found("eclipse-temurin[-:](\\d+)", image);
      assertEquals(1, java.size(), image);
      assertTrue(Integer.parseInt(java.getFirst()) >= 21, image);
    }
  }

  @Test
  void the_image_is_made_from_files_of_the_repository_and_all_its_modules() throws IOException {
    List<String> sources =
        instructions("COPY").stream()
            .filter(copy -> !copy.startsWith("--from"))
            .map(copy -> copy.split(" ")[0])
            .toList();

    for (String source : sources) {
      assertTrue(Files.exists(REPOSITORY.resolve(source)), source);
    }
    List<String> modules =
        found("<module>(.+?)</module>", Files.readString(REPOSITORY.resolve("pom.xml")));
    assertFalse(modules.isEmpty());
    assertTrue(sources.containsAll(modules), () -> sources + " should name all of " + modules);
  }

  @Test
  void the_image_has_the_installed_layout_and_starts_its_launcher() throws IOException {
    List<String> copies =
        instructions("COPY").stream().filter(copy -> copy.startsWith("--from=build ")).toList();

    assertEquals(
        List.of(
            "--from=build /pleat/deploy/bin/pleat /opt/pleat/bin/pleat",
            "--from=build /pleat/deploy/target/lib /opt/pleat/lib",
            "--from=build /pleat/deploy/target/pleat-deploy.jar /opt/pleat/lib/"),
        copies);
    assertEquals(List.of("[\"/opt/pleat/bin/pleat\"]"), instructions("ENTRYPOINT"));
    assertTrue(Files.isExecutable(Path.of("bin", "pleat")));
  }

  @Test
  void the_image_does_not_run_as_root_and_keeps_its_data_in_a_volume() throws IOException {
    List<String> users = instructions("USER");

    assertEquals(1, users.size());
    assertTrue(users.getFirst().matches("[1-9]\\d*:[1-9]\\d*"), users::toString);
    assertEquals(List.of("/data"), instructions("VOLUME"));
    assertEquals("/data", instructions("WORKDIR").getLast());
    String owner = users.getFirst().replace(":", " -g ");
    assertTrue(
        instructions("RUN").stream()
            .anyMatch(run -> run.equals("install -d -o " + owner + " /data")),
        "the volume belongs to the user");
  }

  @Test
  void compose_is_reachable_from_this_machine_only() throws IOException {
    services()
        .forEach(
            (name, service) -> {
              for (Object port : list(service.getOrDefault("ports", List.of()))) {
                assertTrue(port.toString().startsWith("127.0.0.1:"), () -> name + ": " + port);
              }
            });
    assertEquals(List.of("127.0.0.1:8080:8080"), services().get("pleat").get("ports"));
    assertEquals(List.of("8080"), instructions("EXPOSE"));
  }

  @Test
  void compose_joins_pleat_to_a_kafka_of_the_same_version_once_that_is_healthy()
      throws IOException {
    Map<String, Object> kafka = services().get("kafka");
    Map<String, Object> pleat = services().get("pleat");

    assertEquals("apache/kafka:" + AppInfoParser.getVersion(), kafka.get("image"));
    assertTrue(kafka.containsKey("healthcheck"));
    assertEquals(
        "service_healthy", map(map(pleat.get("depends_on")).get("kafka")).get("condition"));
    List<String> command =
        List.of("serve", "--bootstrap-servers", "kafka:9092", "--host", "0.0.0.0", "--insecure");
    assertEquals(command, pleat.get("command"));
    ParseResult understood =
        new CommandLine(Main.spec(Map.of())).parseArgs(command.toArray(String[]::new));
    assertEquals("serve", understood.subcommand().commandSpec().name());
    assertEquals(
        "PLAINTEXT://kafka:9092", map(kafka.get("environment")).get("KAFKA_ADVERTISED_LISTENERS"));
  }

  @Test
  void compose_builds_the_image_of_this_repository() throws IOException {
    Map<String, Object> build = map(services().get("pleat").get("build"));

    Path context = Path.of(build.get("context").toString());
    assertTrue(Files.isSameFile(REPOSITORY, context));
    assertTrue(
        Files.isSameFile(
            Path.of("Dockerfile"), context.resolve(build.get("dockerfile").toString())));
  }

  @Test
  void compose_asks_its_single_broker_for_one_copy_of_everything() throws IOException {
    Map<String, Object> settings = map(services().get("kafka").get("environment"));

    for (String setting :
        List.of(
            "KAFKA_DEFAULT_REPLICATION_FACTOR",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR")) {
      assertEquals("1", settings.get(setting), setting);
    }
  }

  /** The arguments of each such instruction of the Dockerfile, in order, on one line each. */
  private static List<String> instructions(String name) throws IOException {
    String joined = Files.readString(Path.of("Dockerfile")).replaceAll("\\\\\n\\s*", "");
    return joined
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1).strip())
        .toList();
  }

  private static List<String> found(String pattern, String text) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map((MatchResult match) -> match.group(1))
        .toList();
  }

  private static Map<String, Map<String, Object>> services() throws IOException {
    Map<String, Object> compose =
        new Yaml(new SafeConstructor(new LoaderOptions()))
            .load(Files.readString(Path.of("compose.yaml")));
    Map<String, Map<String, Object>> services = new TreeMap<>();
    map(compose.get("services")).forEach((name, service) -> services.put(name, map(service)));
    return services;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object node) {
    return (Map<String, Object>) node;
  }

  private static List<?> list(Object node) {
    return (List<?>) node;
  }
}
