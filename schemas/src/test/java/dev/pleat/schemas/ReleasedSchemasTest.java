package dev.pleat.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.SchemaChange.Use;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Today's JSON Schemas break nobody who goes by those that were released, which are kept in {@code
 * src/released}. When a release is made, its files are copied there.
 */
class ReleasedSchemasTest {

  private static final Path RELEASED = Path.of("src", "released");
  private static final Path TODAY = Path.of("src", "main", "resources");

  @Test
  void break_nobody() throws IOException {
    List<String> breaks = new ArrayList<>();
    int compared = 0;
    try (Stream<Path> files = Files.walk(RELEASED)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        Path name = RELEASED.relativize(file);
        Path today = TODAY.resolve(name);
        compared++;
        if (!Files.exists(today)) {
          breaks.add(name + ": file-removed: whoever writes or reads it goes by it");
          continue;
        }
        SchemaChange.breaks(read(file), read(today), use(name))
            .forEach(each -> breaks.add(name + ": " + each));
      }
    }
    assertTrue(compared > 0, "nothing was released");
    assertEquals(
        "",
        String.join("\n", breaks),
        "Keep to what was released, or give the action, event or view another name");
  }

  private static JsonCodec.JsonObject read(Path file) throws IOException {
    return JsonCodec.readObject(Files.readAllBytes(file));
  }

  private static Use use(Path name) {
    DomainSchema<?, ?> schema =
        RecordsAndSchemasAgreeTest.DOMAINS.stream()
            .filter(domain -> domain.name().equals(name.getName(0).toString()))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no domain has " + name));
    String file = name.getFileName().toString().replace(".schema.json", "");
    return Arrays.stream(Use.values())
        .filter(use -> SchemaChange.names(schema, use).anyMatch(file::equals))
        .findFirst()
        .orElseThrow(
            () ->
                new UncheckedIOException(
                    new IOException(name + ": no action, event or view has this name any more")));
  }
}
