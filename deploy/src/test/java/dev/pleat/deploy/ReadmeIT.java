package dev.pleat.deploy;

import static dev.pleat.deploy.DocumentedCommands.REPOSITORY;
import static dev.pleat.deploy.DocumentedCommands.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.DocumentedCommands.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every example of the README, run: its shell commands against the server it starts, with the
 * output it shows; its Java and XML found in the project that the build compiles and tests.
 */
final class ReadmeIT {

  private static final String README = "README.md";
  private static final Path OWN_DOMAIN = Path.of("src", "it", "own-domain");
  private static final String SERVE = "deploy/bin/pleat serve\n";
  private static final String VERIFY = "mvn -B verify\n";
  private static final Pattern FENCE = Pattern.compile("^\\s*(```|~~~)", Pattern.MULTILINE);
  private static final long DEADLINE_SECONDS = 120;

  @TempDir Path directory;

  @Test
  void is_short_and_has_only_blocks_that_are_tried_here() throws IOException {
    assertTrue(Files.readAllLines(REPOSITORY.resolve(README)).size() < 250, "250 lines or more");
    List<Block> blocks = DocumentedCommands.blocks(README);
    long fences = FENCE.matcher(Files.readString(REPOSITORY.resolve(README))).results().count();
    assertEquals(2L * blocks.size(), fences, "fences that no block found here begins or ends with");
    assertEquals("text", blocks.get(0).kind(), "the picture comes first");
    for (int i = 1; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      assertTrue(List.of("sh", "text", "java", "xml").contains(block.kind()), block.toString());
      if (block.kind().equals("text")) {
        assertEquals("sh", blocks.get(i - 1).kind(), "output of no command: " + block);
      }
    }
  }

  @Test
  void links_to_files_that_exist() throws IOException {
    DocumentedCommands.assertLinked(README);
  }

  @Test
  void shows_code_that_the_build_compiles_and_tests() throws IOException {
    List<String> files = new ArrayList<>();
    try (Stream<Path> own = Files.walk(OWN_DOMAIN)) {
      for (Path file : own.filter(Files::isRegularFile).toList()) {
        files.add(Files.readString(file));
      }
    }
    List<Block> shown =
        DocumentedCommands.blocks(README).stream()
            .filter(block -> List.of("java", "xml").contains(block.kind()))
            .toList();
    assertTrue(shown.size() >= 5, "blocks of code: " + shown.size());
    for (Block block : shown) {
      assertTrue(
          files.stream().anyMatch(file -> file.contains(block.text())),
          () -> "in no file of " + OWN_DOMAIN + ":\n" + block.text());
    }
  }

  @Test
  void shows_commands_that_do_what_it_says() throws Exception {
    assertTrue(
        run("command -v kcat || true").strip().endsWith("kcat"),
        "kcat is missing; the README's examples need it (apt-get install kcat)");
    List<Block> blocks = DocumentedCommands.blocks(README);
    assertEquals(new Block("sh", SERVE), blocks.get(1), "the first command");
    assertEquals(new Block("sh", VERIFY), blocks.get(2), "the second command is this build");
    Path out = directory.resolve("out");
    Process server =
        new ProcessBuilder(
                REPOSITORY.resolve(SERVE.split(" ")[0]).toString(),
                "serve",
                "--port",
                "0",
                "--kafka-port",
                "0",
                "--data-dir",
                directory.resolve("data").toString())
            .directory(REPOSITORY.toFile())
            .redirectOutput(out.toFile())
            .redirectError(Path.of("target", "readme.log").toFile())
            .start();
    try {
      String said = awaitReady(server, out);
      String http = address(said, "HTTP").replace("http://", "");
      String kafka = address(said, "Kafka");
      int ran =
          DocumentedCommands.runAll(
              blocks.subList(3, blocks.size()),
              command -> command.replace("localhost:8080", http).replace("localhost:9092", kafka));
      assertTrue(ran >= 6, "commands tried: " + ran);
      triesWhatTheServerSuggests(said);
    } finally {
      server.destroy();
      assertTrue(server.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS), "the server does not stop");
    }
    assertEquals(0, server.exitValue(), "exit code after SIGTERM");
  }

  /** The three commands printed at the start work as pasted. */
  private static void triesWhatTheServerSuggests(String said) throws Exception {
    List<String> curls =
        said.lines().map(String::strip).filter(line -> line.startsWith("curl ")).toList();
    assertEquals(3, curls.size(), said);
    assertTrue(run(curls.get(0)).contains("201 Created"), curls.get(0));
    assertTrue(run(curls.get(1)).contains("\"version\":2"), curls.get(1));
    assertTrue(run(curls.get(2)).contains("\"value\":9.0,\"version\":2}"), curls.get(2));
  }

  private static String awaitReady(Process server, Path out) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (true) {
      String said = Files.readString(out);
      if (said.contains("Stop it with")) {
        return said;
      }
      assertTrue(server.isAlive(), "the server ended: see target/readme.log");
      assertTrue(System.nanoTime() < deadline, "the server is not ready in time");
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static String address(String said, String label) {
    return said.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(label + " "))
        .map(line -> line.substring(label.length()).strip().split(" ")[0])
        .findFirst()
        .orElseThrow();
  }
}
