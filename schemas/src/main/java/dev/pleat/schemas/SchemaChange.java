package dev.pleat.schemas;

import dev.pleat.schemas.JsonCodec.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What a change of a JSON Schema breaks for those who go by the one that was released: producers
 * whose commands are refused, or readers who meet events or rows they cannot read. Pure.
 *
 * <p>It knows the keywords this project uses; a change of any other is taken to break.
 */
public final class SchemaChange {

  /** Who goes by a schema. */
  public enum Use {
    /** Written by clients, at any time from the release on; read by the engine. */
    COMMAND,
    /** Written by the engine and kept for ever; read by the engine and by others. */
    EVENT,
    /** Written by the engine, and made anew when it changes; read by clients. */
    ROW
  }

  /**
   * One thing that breaks.
   *
   * @param pointer where in the schema, as a JSON Pointer (RFC 6901)
   * @param rule the machine's word for what must not be done, in kebab-case
   * @param message a sentence for whoever made the change
   */
  public record Break(String pointer, String rule, String message) {

    @Override
    public String toString() {
      return pointer + ": " + rule + ": " + message;
    }
  }

  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "title",
          "description",
          "examples",
          "default",
          "deprecated");
  private static final Set<String> LOWER = Set.of("minimum", "exclusiveMinimum", "minLength");
  private static final Set<String> UPPER = Set.of("maximum", "exclusiveMaximum", "maxLength");

  private final Use use;
  private final List<Break> breaks = new ArrayList<>();

  private SchemaChange(Use use) {
    this.use = use;
  }

  /** Everything that the schema of today breaks; empty if nothing. */
  public static List<Break> breaks(JsonObject released, JsonObject today, Use use) {
    SchemaChange change = new SchemaChange(use);
    change.compare("", released.tree(), today.tree());
    return List.copyOf(change.breaks);
  }

  /** Whether what is written by the released schema is still read: rows are made anew instead. */
  private boolean readsOld() {
    return use != Use.ROW;
  }

  /** Whether what is written by today's schema is read by the released one. */
  private boolean isReadByOld() {
    return use != Use.COMMAND;
  }

  private void found(String pointer, String rule, String message) {
    breaks.add(new Break(pointer, rule, message));
  }

  private void compare(String at, JsonNode released, JsonNode today) {
    Set<String> keywords = new TreeSet<>(released.propertyNames());
    keywords.addAll(today.propertyNames());
    keywords.removeAll(ANNOTATIONS);
    for (String keyword : keywords) {
      String pointer = at + "/" + keyword;
      @Nullable JsonNode before = released.get(keyword);
      @Nullable JsonNode after = today.get(keyword);
      if (Objects.equals(before, after)) {
        continue;
      }
      switch (keyword) {
        case "properties" ->
            properties(pointer, released, orEmpty(before, today), orEmpty(after, today));
        case "required" -> required(pointer, texts(before), texts(after));
        case "additionalProperties" -> additional(pointer, before, after);
        case "type" -> type(pointer, before, after);
        case "enum" -> words(pointer, before, after);
        case "items" -> items(pointer, before, after);
        case "pattern", "format" -> {
          if (after != null && readsOld()) {
            found(pointer, "text-form-changed", "what was written before may have another form");
          }
        }
        default -> {
          if (LOWER.contains(keyword)) {
            bound(pointer, before, after, 1);
          } else if (UPPER.contains(keyword)) {
            bound(pointer, before, after, -1);
          } else {
            found(pointer, "unknown-keyword", "what a change of this keyword breaks is not known");
          }
        }
      }
    }
  }

  private static JsonNode orEmpty(@Nullable JsonNode node, JsonNode any) {
    return node == null ? any.path("no such field") : node;
  }

  private void properties(String at, JsonNode object, JsonNode released, JsonNode today) {
    boolean open =
        !object.path("additionalProperties").equals(JsonNodeFactory.instance.booleanNode(false));
    for (String name : today.propertyNames()) {
      if (!released.has(name) && open && use == Use.COMMAND) {
        found(at + "/" + name, "property-typed", "what was written before may have any such field");
      }
    }
    for (String name : released.propertyNames()) {
      String pointer = at + "/" + name.replace("~", "~0").replace("/", "~1");
      @Nullable JsonNode after = today.get(name);
      if (after == null) {
        found(pointer, "property-removed", "whoever writes or reads it goes by it");
      } else {
        compare(pointer, released.path(name), after);
      }
    }
  }

  private void required(String at, Set<String> released, Set<String> today) {
    for (String name : today) {
      if (!released.contains(name) && readsOld()) {
        found(at + "/" + name, "property-required", "what was written before may not have it");
      }
    }
    for (String name : released) {
      if (!today.contains(name) && isReadByOld()) {
        found(at + "/" + name, "property-optional", "who reads it counts on it");
      }
    }
  }

  private void additional(String at, @Nullable JsonNode before, @Nullable JsonNode after) {
    boolean open = after == null || (after.isBoolean() && after.booleanValue());
    if (!open && readsOld()) {
      found(at, "properties-closed", "what was written before may have other fields");
    }
  }

  private void type(String at, @Nullable JsonNode before, @Nullable JsonNode after) {
    boolean widened =
        before != null
            && after != null
            && before.asString("").equals("integer")
            && after.asString("").equals("number");
    if (!(widened && use == Use.COMMAND)) {
      found(at, "type-changed", "whoever writes or reads it goes by its type");
    }
  }

  private void words(String at, @Nullable JsonNode before, @Nullable JsonNode after) {
    if (before == null || after == null) {
      if (after != null ? readsOld() : isReadByOld()) {
        found(at, "words-changed", "there were other words, or will be");
      }
      return;
    }
    Set<String> released = texts(before);
    Set<String> today = texts(after);
    for (String word : released) {
      if (!today.contains(word) && readsOld()) {
        found(at + "/" + word, "word-removed", "what was written before may have it");
      }
    }
    for (String word : today) {
      if (!released.contains(word) && isReadByOld()) {
        found(at + "/" + word, "word-added", "who reads it does not know it");
      }
    }
  }

  private void items(String at, @Nullable JsonNode before, @Nullable JsonNode after) {
    if (before != null && after != null && before.isObject() && after.isObject()) {
      compare(at, before, after);
    } else {
      found(at, "items-changed", "whoever writes or reads the array goes by them");
    }
  }

  /**
   * A bound may be loosened, not tightened.
   *
   * @param sign 1 for a lower bound, -1 for an upper one
   */
  private void bound(String at, @Nullable JsonNode before, @Nullable JsonNode after, int sign) {
    if (after == null || !readsOld()) {
      return;
    }
    if (before == null
        || !before.isNumber()
        || !after.isNumber()
        || sign * after.decimalValue().compareTo(before.decimalValue()) > 0) {
      found(at, "bound-tightened", "what was written before may lie beyond it");
    }
  }

  private static Set<String> texts(@Nullable JsonNode array) {
    Set<String> texts = new TreeSet<>();
    if (array != null) {
      array.forEach(each -> texts.add(each.asString(each.toString())));
    }
    return texts;
  }

  /** The files of a domain, by the names of its actions, events and views, and who goes by them. */
  public static Stream<String> names(DomainSchema<?, ?> schema, Use use) {
    return switch (use) {
      case COMMAND -> schema.actions().stream().map(DomainSchema.Action::name);
      case EVENT -> schema.events().stream();
      case ROW -> schema.views().stream().map(DomainSchema.View::name);
    };
  }
}
