package dev.pleat.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.SchemaChange.Use;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Today's JSON Schemas break nobody who goes by those that were released, which are kept in {@code
 * src/released}. When a release is made, its files are copied there.
 */
class ReleasedSchemasTest {

  private static final Path RELEASED = Path.of("src", "released");
  private static final String SUFFIX = ".schema.json";
  private static final Pattern NAME =
      Pattern.compile("([A-Za-z0-9-]+?)(?:\\.v([0-9]+))?\\.schema\\.json");
  private static final Path TODAY = Path.of("src", "main", "resources");

  @Test
  void break_nobody() throws IOException {
    List<String> breaks = new ArrayList<>();
    int compared = 0;
    try (Stream<Path> files = Files.walk(RELEASED)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        Path name = RELEASED.relativize(file);
        Message message = Message.of(name);
        Path today = TODAY.resolve(name.resolveSibling(message.name() + SUFFIX));
        compared++;
        if (!Files.exists(today)) {
          breaks.add(name + ": file-removed: whoever writes or reads it goes by it");
          continue;
        }
        if (message.version() > message.schema().schemaVersion(message.name())) {
          breaks.add(name + ": version-removed: what was written in it cannot be read any more");
        } else if (message.version() == message.schema().schemaVersion(message.name())) {
          SchemaChange.breaks(read(file), read(today), message.use())
              .forEach(each -> breaks.add(name + ": " + each));
        }
      }
    }
    assertTrue(compared > 0, "nothing was released");
    assertEquals(
        "",
        String.join("\n", breaks),
        "Keep to what was released, or declare an upcaster from that version, or give the action,"
            + " event or view another name");
  }

  private static JsonCodec.JsonObject read(Path file) throws IOException {
    return JsonCodec.readObject(Files.readAllBytes(file));
  }

  /**
   * What a file is the schema of: {@code Name.schema.json} of the first version, {@code
   * Name.v2.schema.json} of the second.
   */
  private record Message(DomainSchema<?, ?> schema, String name, int version, Use use) {

    static Message of(Path file) {
      DomainSchema<?, ?> schema =
          RecordsAndSchemasAgreeTest.DOMAINS.stream()
              .filter(domain -> domain.name().equals(file.getName(0).toString()))
              .findFirst()
              .orElseThrow(() -> new AssertionError("no domain has " + file));
      Matcher parts = NAME.matcher(file.getFileName().toString());
      assertTrue(parts.matches(), () -> file + " is not named like Name.v2" + SUFFIX);
      String name = parts.group(1);
      return new Message(
          schema,
          name,
          parts.group(2) == null ? 1 : Integer.parseInt(parts.group(2)),
          Arrays.stream(Use.values())
              .filter(use -> SchemaChange.names(schema, use).anyMatch(name::equals))
              .findFirst()
              .orElseThrow(
                  () ->
                      new AssertionError(
                          file + ": no action, event or view has this name any more")));
    }
  }
}
