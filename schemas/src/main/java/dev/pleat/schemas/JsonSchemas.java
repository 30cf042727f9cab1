package dev.pleat.schemas;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.regex.RegularExpression;
import dev.pleat.schemas.JsonCodec.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The JSON Schemas (draft 2020-12) of a domain's actions and views: the contract for people who do
 * not write Java, and what every command's data is held to. Safe for use by many threads.
 *
 * <p>A schema is looked up by the name of its action, never as one of many: that is eight times
 * cheaper and says what is wrong with the action that was meant.
 */
public final class JsonSchemas {

  /**
   * One way in which an object does not fit its schema.
   *
   * @param pointer the field, as a JSON Pointer (RFC 6901)
   * @param code the schema's keyword that is not met, for example {@code type}
   * @param message a sentence that begins with the pointer
   */
  public record Violation(String pointer, String code, String message) {}

  private static final int MAX_VIOLATIONS = 20;
  private static final int MAX_SHOWN_CHARS = 64;

  private final Map<String, Schema> byName;
  private final Map<String, JsonObject> sources;

  private JsonSchemas(Map<String, Schema> byName, Map<String, JsonObject> sources) {
    this.byName = byName;
    this.sources = sources;
  }

  /**
   * Loads {@code /<domain>/<name>.schema.json} for each name from the class path of {@code anchor}.
   *
   * @throws IllegalArgumentException if a file is missing or is not a JSON Schema
   */
  static JsonSchemas load(Class<?> anchor, String domain, List<String> names) {
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    Map<String, Schema> byName = new TreeMap<>();
    Map<String, JsonObject> sources = new TreeMap<>();
    for (String name : names) {
      String file = "/" + domain + "/" + name + ".schema.json";
      byte[] bytes = read(anchor, file);
      try {
        sources.put(name, JsonCodec.readObject(bytes));
        Schema schema = registry.getSchema(new ByteArrayInputStream(bytes), InputFormat.JSON);
        schema.initializeValidators();
        byName.put(name, schema);
      } catch (UnreadableMessage | SchemaException e) {
        throw new IllegalArgumentException(file + " is not a JSON Schema: " + e.getMessage(), e);
      }
    }
    return new JsonSchemas(Map.copyOf(byName), Map.copyOf(sources));
  }

  private static byte[] read(Class<?> anchor, String file) {
    try (InputStream in = anchor.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException(
            "there is no "
                + file
                + " on the class path: every action and view has its JSON Schema");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  /** The schema file itself, for documents made from it. */
  public Optional<JsonObject> source(String name) {
    return Optional.ofNullable(sources.get(name));
  }

  /**
   * Everything that keeps an object from fitting a schema, at most 20; empty if it fits.
   *
   * @throws IllegalArgumentException if there is no schema of this name
   */
  public List<Violation> validate(String name, JsonObject object) {
    Schema schema = byName.get(name);
    if (schema == null) {
      throw new IllegalArgumentException("no JSON Schema is named " + name);
    }
    return schema.validate(object.tree()).stream()
        .limit(MAX_VIOLATIONS)
        .map(JsonSchemas::violation)
        .toList();
  }

  /**
   * Whether a text matches a schema's {@code pattern}, exactly as {@link #validate} takes it.
   *
   * @throws RuntimeException if it is no regular expression
   */
  static Predicate<String> pattern(String regex) {
    RegularExpression compiled =
        SchemaRegistryConfig.getInstance()
            .getRegularExpressionFactory()
            .getRegularExpression(regex);
    return compiled::matches;
  }

  private static Violation violation(Error error) {
    String at = error.getInstanceLocation().toString();
    String property = error.getProperty();
    String keyword = String.valueOf(error.getKeyword());
    String pointer = property == null ? at : at + "/" + escaped(property);
    String limit = error.getSchemaNode() == null ? "" : error.getSchemaNode().toString();
    return switch (keyword) {
      case "required" -> new Violation(pointer, keyword, pointer + " is missing");
      case "additionalProperties" ->
          new Violation(pointer, keyword, pointer + " is not a field of this schema");
      case "type" ->
          new Violation(
              pointer, keyword, pointer + " must be " + article(words(limit)) + words(limit));
      case "enum" -> new Violation(pointer, keyword, pointer + " must be one of " + words(limit));
      case "pattern" -> new Violation(pointer, keyword, pointer + " must match " + limit);
      case "minimum" -> new Violation(pointer, keyword, pointer + " must be at least " + limit);
      case "maximum" -> new Violation(pointer, keyword, pointer + " must be at most " + limit);
      default -> new Violation(pointer, keyword, pointer + ": " + error.getMessage());
    };
  }

  /** A word or a list of words, as a person would write them. */
  private static String words(String json) {
    return json.replaceAll("[\\[\\]\"]", "").replace(",", ", ");
  }

  private static String article(String type) {
    return type.matches("[aeio].*") ? "an " : "a ";
  }

  private static String escaped(String property) {
    String shown =
        property.codePointCount(0, property.length()) > MAX_SHOWN_CHARS
            ? property.substring(0, property.offsetByCodePoints(0, MAX_SHOWN_CHARS)) + "..."
            : property;
    return shown.replace("~", "~0").replace("/", "~1");
  }
}
