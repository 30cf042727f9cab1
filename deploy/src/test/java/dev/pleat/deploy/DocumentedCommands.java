package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.function.Executable;

/** The blocks of a page of documentation, and its commands run with the output it shows. */
final class DocumentedCommands {

  static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w*)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(#[^)]*)?\\)");
  private static final int LEAST_LINKS = 3;
  private static final long COMMAND_SECONDS = 20;

  private DocumentedCommands() {}

  /** What stands between two fences. */
  record Block(String kind, String text) {}

  /** The blocks of a page, named from the repository's root. */
  static List<Block> blocks(String page) throws IOException {
    List<Block> blocks = new ArrayList<>();
    Matcher found = BLOCK.matcher(Files.readString(REPOSITORY.resolve(page)));
    while (found.find()) {
      blocks.add(new Block(found.group(1), found.group(2)));
    }
    return blocks;
  }

  /** Fails if a page links to a file that does not exist, or hardly to any. */
  static void assertLinked(String page) throws IOException {
    Path file = REPOSITORY.resolve(page);
    List<String> links =
        LINK.matcher(Files.readString(file)).results().map(link -> link.group(1)).toList();
    assertTrue(links.size() >= LEAST_LINKS, "links: " + links);
    for (String link : links) {
      assertTrue(Files.exists(file.resolveSibling(link)), link);
    }
  }

  /**
   * Runs each block of commands in its turn, and fails if the output of one is not in the block
   * after it.
   *
   * @param placed puts in where the server is
   * @return how many were run
   */
  static int runAll(List<Block> blocks, UnaryOperator<String> placed) {
    List<Executable> examples = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i).kind().equals("sh")) {
        String command = placed.apply(blocks.get(i).text());
        Block shown = blocks.get(i + 1);
        assertEquals("text", shown.kind(), "no output is shown for " + command);
        examples.add(
            () -> assertEquals(normalised(shown.text()), normalised(run(command)), command));
      }
    }
    assertAll(examples);
    return examples.size();
  }

  static String run(String command) throws IOException, InterruptedException {
    Path output = Files.createTempFile(Path.of("target"), "documented", ".out");
    Process shell =
        new ProcessBuilder("sh", "-c", command)
            .directory(REPOSITORY.toFile())
            .redirectOutput(output.toFile())
            .redirectError(Path.of("target", "documented-commands.log").toFile())
            .start();
    if (!shell.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
      throw new AssertionError("does not end: " + command);
    }
    return Files.readString(output);
  }

  /** Leaves out what differs from run to run: instants, tokens, ids of events and outcomes. */
  static String normalised(String output) {
    return output
        .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z", "INSTANT")
        .replaceAll("\"(token|cursor)\":\"[^\"]+\"", "\"$1\":\"TEXT\"")
        .replaceAll("\"events\":\\[\"[^\"]+\"\\]", "\"events\":[\"EVENT\"]")
        .replaceAll("\\{\"id\":\"[^\"]+\",\"parent-id\"", "{\"id\":\"ID\",\"parent-id\"")
        .strip();
  }
}
