package dev.pleat.deploy;

import static dev.pleat.deploy.DocumentedCommands.REPOSITORY;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.DocumentedCommands.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page that tells how to write a domain shows code of the sample domains as it is. */
final class WritingADomainTest {

  private static final String PAGE = "docs/WRITING_A_DOMAIN.md";

  @Test
  void shows_code_that_the_build_compiles_and_tests() throws IOException {
    List<String> sources = new ArrayList<>();
    for (String folder : List.of("schemas/src", "topology/src", "deploy/src/it/own-domain")) {
      try (Stream<Path> files = Files.walk(REPOSITORY.resolve(folder))) {
        for (Path file : files.filter(it -> it.toString().endsWith(".java")).toList()) {
          sources.add(Files.readString(file));
        }
      }
    }
    List<Block> shown = DocumentedCommands.blocks(PAGE);
    assertTrue(shown.size() >= 8, "blocks of code: " + shown.size());
    for (Block block : shown) {
      assertTrue(
          sources.stream().anyMatch(source -> source.contains(block.text())),
          () -> "in no source of a domain:\n" + block.text());
    }
  }

  @Test
  void links_to_files_that_exist() throws IOException {
    DocumentedCommands.assertLinked(PAGE);
  }
}
