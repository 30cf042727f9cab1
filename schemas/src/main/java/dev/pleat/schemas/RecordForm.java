package dev.pleat.schemas;

import dev.pleat.schemas.JsonCodec.JsonObject;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;

/**
 * A record and its JSON Schema, compiled so that its JSON is read, checked and written in one pass.
 * It knows plain components and the commonest keywords; {@link #of} is empty for any other record,
 * and a value it is not sure of is left to {@link JsonCodec}. Immutable.
 */
final class RecordForm<T> {

  private static final Set<String> OBJECT_KEYWORDS =
      Set.of("type", "properties", "required", "additionalProperties");
  private static final Set<String> VALUE_KEYWORDS =
      Set.of("type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength");
  private static final Set<String> ANNOTATIONS =
      Set.of("$schema", "$id", "$comment", "title", "description", "examples", "deprecated");

  /** By far the commonest pattern, and dear as a regular expression. */
  private static final String UUID_PATTERN =
      "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

  private static final int MAX_TEXT_CHARS = 64 * 1024;
  private static final int MAX_NUMBER_CHARS = 24;
  private static final int MAX_EXPONENT_DIGITS = 3;
  private static final double EXACT_INTEGERS = 1L << 53;

  private static final byte[] TRUE = JsonBytes.piece("true");
  private static final byte[] FALSE = JsonBytes.piece("false");

  /** The types of components it knows. */
  private enum Kind {
    TEXT("string"),
    OPTIONAL_TEXT("string"),
    ENUM("string"),
    BOOLEAN("boolean"),
    INT("integer"),
    LONG("integer"),
    DOUBLE("number");

    private final String schemaType;

    Kind(String schemaType) {
      this.schemaType = schemaType;
    }
  }

  /**
   * One component.
   *
   * @param order its place among the components sorted by name
   * @param constants the names an enum has, and its constants
   * @param allowed the only texts the schema allows; empty for any
   */
  private record Field(
      String name,
      byte[] encodedName,
      Kind kind,
      MethodHandle accessor,
      boolean required,
      Map<String, Object> constants,
      Set<String> allowed,
      Optional<Predicate<String>> pattern,
      double minimum,
      double maximum,
      int minLength,
      int maxLength) {

    /** False also where only an exact comparison could tell. */
    boolean surelyHolds(double value) {
      return minimum < value && value < maximum;
    }

    boolean surelyHolds(long value) {
      boolean bounded = minimum != Double.NEGATIVE_INFINITY || maximum != Double.POSITIVE_INFINITY;
      return !bounded || (Math.abs((double) value) < EXACT_INTEGERS && surelyHolds((double) value));
    }

    boolean surelyHolds(String text) {
      if (text.length() > MAX_TEXT_CHARS
          || (!allowed.isEmpty() && !allowed.contains(text))
          || (pattern.isPresent() && !pattern.get().test(text))) {
        return false;
      }
      if (minLength > 0 || maxLength < Integer.MAX_VALUE) {
        int length = text.codePointCount(0, text.length());
        return minLength <= length && length <= maxLength;
      }
      return true;
    }
  }

  private final MethodHandle constructor;
  private final Field[] fields;
  private final int[] byName;
  private final int idField;

  private RecordForm(MethodHandle constructor, List<Field> fields, String idField) {
    this.constructor = constructor;
    this.fields = fields.toArray(Field[]::new);
    this.byName = new int[fields.size()];
    List<Field> sorted = fields.stream().sorted(Comparator.comparing(Field::name)).toList();
    int id = -1;
    for (int i = 0; i < this.fields.length; i++) {
      byName[i] = fields.indexOf(sorted.get(i));
      if (this.fields[i].name().equals(idField)) {
        id = i;
      }
    }
    this.idField = id;
  }

  /** Values of a record as they were read. */
  record Read<T>(T record, Optional<String> id, byte[] canonical) {}

  // ---- compiling

  /** Empty if there is something in the record or its schema that this class does not know. */
  static <T> Optional<RecordForm<T>> of(Class<T> type, JsonObject schema, String idField) {
    JsonNode root = schema.tree();
    JsonNode properties = root.path("properties");
    RecordComponent[] components = type.getRecordComponents();
    if (components == null
        || components.length > Long.SIZE
        || !knows(root, OBJECT_KEYWORDS)
        || !isText(root.path("type"), "object")
        || !properties.isObject()) {
      return Optional.empty();
    }
    List<String> required = texts(root.path("required"));
    List<Field> fields = new ArrayList<>();
    for (RecordComponent component : components) {
      Optional<Field> field = field(component, properties, required);
      if (field.isEmpty()) {
        return Optional.empty();
      }
      fields.add(field.get());
    }
    List<String> names = fields.stream().map(Field::name).toList();
    if (!names.containsAll(required)
        || fields.stream()
            .anyMatch(field -> field.name().equals(idField) && field.kind() != Kind.TEXT)) {
      return Optional.empty();
    }
    return constructor(type, components)
        .map(constructor -> new RecordForm<>(constructor, fields, idField));
  }

  private static Optional<MethodHandle> constructor(Class<?> type, RecordComponent[] components) {
    try {
      Constructor<?> canonical =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      if (!canonical.trySetAccessible()) {
        return Optional.empty();
      }
      return Optional.of(
          MethodHandles.lookup()
              .unreflectConstructor(canonical)
              .asSpreader(Object[].class, components.length)
              .asType(MethodType.methodType(Object.class, Object[].class)));
    } catch (ReflectiveOperationException e) {
      return Optional.empty();
    }
  }

  private static Optional<Field> field(
      RecordComponent component, JsonNode properties, List<String> required) {
    String name = new NamesInJson().translate(component.getName());
    JsonNode schema = properties.get(name);
    Optional<Kind> kind = kind(component.getGenericType());
    if (schema == null
        || kind.isEmpty()
        || !knows(schema, VALUE_KEYWORDS)
        || !isText(schema.path("type"), kind.get().schemaType)) {
      return Optional.empty();
    }
    Map<String, Object> constants = new HashMap<>();
    if (component.getType().isEnum()) {
      for (Object constant : component.getType().getEnumConstants()) {
        constants.put(((Enum<?>) constant).name(), constant);
      }
    }
    Method getter = component.getAccessor();
    if (!getter.trySetAccessible()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Field(
              name,
              JsonBytes.piece("\"" + name + "\":"),
              kind.get(),
              MethodHandles.lookup()
                  .unreflect(getter)
                  .asType(MethodType.methodType(Object.class, Object.class)),
              required.contains(name) || kind.get() != Kind.OPTIONAL_TEXT,
              Map.copyOf(constants),
              Set.copyOf(texts(schema.path("enum"))),
              schema.has("pattern")
                  ? Optional.of(pattern(schema.get("pattern").stringValue()))
                  : Optional.empty(),
              schema.has("minimum")
                  ? schema.get("minimum").doubleValue()
                  : Double.NEGATIVE_INFINITY,
              schema.has("maximum")
                  ? schema.get("maximum").doubleValue()
                  : Double.POSITIVE_INFINITY,
              schema.has("minLength") ? schema.get("minLength").intValue() : 0,
              schema.has("maxLength") ? schema.get("maxLength").intValue() : Integer.MAX_VALUE));
    } catch (IllegalAccessException e) {
      return Optional.empty();
    }
  }

  private static Predicate<String> pattern(String regex) {
    return regex.equals(UUID_PATTERN)
        ? text -> JsonCodec.uuid(text).isPresent()
        : Pattern.compile(regex).asPredicate();
  }

  private static Optional<Kind> kind(Type type) {
    if (type == String.class) {
      return Optional.of(Kind.TEXT);
    } else if (type == boolean.class) {
      return Optional.of(Kind.BOOLEAN);
    } else if (type == int.class) {
      return Optional.of(Kind.INT);
    } else if (type == long.class) {
      return Optional.of(Kind.LONG);
    } else if (type == double.class) {
      return Optional.of(Kind.DOUBLE);
    } else if (type instanceof Class<?> plain && plain.isEnum()) {
      return Optional.of(Kind.ENUM);
    } else if (type instanceof ParameterizedType optional
        && optional.getRawType() == Optional.class
        && optional.getActualTypeArguments()[0] == String.class) {
      return Optional.of(Kind.OPTIONAL_TEXT);
    }
    return Optional.empty();
  }

  private static boolean knows(JsonNode schema, Set<String> keywords) {
    return schema.isObject()
        && schema.propertyNames().stream()
            .allMatch(name -> keywords.contains(name) || ANNOTATIONS.contains(name))
        && (!schema.has("enum") || texts(schema.get("enum")).size() == schema.get("enum").size());
  }

  private static boolean isText(JsonNode node, String text) {
    return node.isString() && node.stringValue().equals(text);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    for (JsonNode each : array) {
      if (each.isString()) {
        texts.add(each.stringValue());
      }
    }
    return texts;
  }

  /** The names that the general way gives components. */
  private static final class NamesInJson extends PropertyNamingStrategies.KebabCaseStrategy {
    private static final long serialVersionUID = 1L;

    @Override
    protected String translate(String component) {
      return super.translate(component);
    }
  }

  // ---- reading

  /**
   * Reads the object the parser stands at the beginning of; empty if it is not in the usual form.
   */
  Optional<Read<T>> read(JsonParser json) {
    Object[] values = new Object[fields.length];
    Canonical[] canonical = new Canonical[fields.length];
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      int index = indexOf(name);
      if (index < 0 || canonical[index] != null) {
        return Optional.empty();
      }
      Object value = value(json, fields[index], canonical, index);
      if (value == null) {
        return Optional.empty();
      }
      values[index] = value;
    }
    if (json.currentToken() != JsonToken.END_OBJECT) {
      return Optional.empty();
    }
    for (int i = 0; i < fields.length; i++) {
      if (values[i] == null) {
        if (fields[i].required()) {
          return Optional.empty();
        }
        values[i] = Optional.empty();
      }
    }
    Optional<String> id = idField < 0 ? Optional.empty() : Optional.of((String) values[idField]);
    return Optional.of(new Read<>(make(values), id, canonical(canonical)));
  }

  @SuppressWarnings("unchecked") // the constructor is T's
  private T make(Object[] values) {
    try {
      return (T) (Object) constructor.invokeExact(values);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private int indexOf(String name) {
    for (int i = 0; i < fields.length; i++) {
      if (fields[i].name().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static @Nullable Object value(
      JsonParser json, Field field, @Nullable Canonical[] canonical, int index) {
    JsonToken token = json.nextToken();
    return switch (field.kind()) {
      case TEXT, OPTIONAL_TEXT, ENUM -> {
        if (token != JsonToken.VALUE_STRING) {
          yield null;
        }
        String text = json.getString();
        canonical[index] = Canonical.text(text);
        if (canonical[index] == null || !field.surelyHolds(text)) {
          yield null;
        }
        yield switch (field.kind()) {
          case ENUM -> field.constants().get(text);
          case OPTIONAL_TEXT -> Optional.of(text);
          default -> text;
        };
      }
      case BOOLEAN -> {
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
          yield null;
        }
        boolean value = token == JsonToken.VALUE_TRUE;
        canonical[index] = new Canonical(value ? "true" : "false");
        yield value;
      }
      case INT, LONG -> {
        if (token != JsonToken.VALUE_NUMBER_INT || json.getStringLength() > 18) {
          yield null;
        }
        long value = json.getLongValue();
        canonical[index] = number(json);
        if (!field.surelyHolds(value) || (field.kind() == Kind.INT && value != (int) value)) {
          yield null;
        }
        yield field.kind() == Kind.INT ? (Object) (int) value : (Object) value;
      }
      case DOUBLE -> {
        if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
          yield null;
        }
        canonical[index] = number(json);
        if (canonical[index] == null) {
          yield null;
        }
        // By way of a decimal number there is no negative zero.
        double value = json.getDoubleValue() + 0.0;
        yield Double.isFinite(value) && field.surelyHolds(value) ? (Object) value : null;
      }
    };
  }

  /** The canonical form of a value, as {@link JsonObject#fingerprint} has it. */
  private record Canonical(String text, boolean quoted) {

    private Canonical(String text) {
      this(text, false);
    }

    static @Nullable Canonical text(String text) {
      if (!JsonBytes.needsNoEscape(text)) {
        return null;
      }
      return new Canonical(text, true);
    }
  }

  /** The digits without zeros at either end, and the power of ten of the last one. */
  private static @Nullable Canonical number(JsonParser json) {
    char[] chars = json.getStringCharacters();
    int begin = json.getStringOffset();
    int end = begin + json.getStringLength();
    if (end - begin > MAX_NUMBER_CHARS) {
      return null;
    }
    StringBuilder digits = new StringBuilder(MAX_NUMBER_CHARS + 4);
    long scale = 0;
    int at = begin;
    boolean fraction = false;
    boolean negative = chars[at] == '-';
    for (at += negative ? 1 : 0; at < end && chars[at] != 'e' && chars[at] != 'E'; at++) {
      if (chars[at] == '.') {
        fraction = true;
        continue;
      }
      if (digits.length() > 0 || chars[at] != '0') {
        digits.append(chars[at]);
      }
      scale += fraction ? 1 : 0;
    }
    if (at < end) {
      int exponent = at + 1;
      int firstDigit = exponent + (chars[exponent] == '-' || chars[exponent] == '+' ? 1 : 0);
      if (end - firstDigit > MAX_EXPONENT_DIGITS) {
        return null;
      }
      int value = 0;
      for (int i = firstDigit; i < end; i++) {
        value = value * 10 + chars[i] - '0';
      }
      scale -= chars[exponent] == '-' ? -value : value;
    }
    if (digits.length() == 0) {
      return new Canonical("0");
    }
    int length = digits.length();
    while (digits.charAt(length - 1) == '0') {
      length--;
    }
    long exponent = (long) digits.length() - length - scale;
    digits.setLength(length);
    if (negative) {
      digits.insert(0, '-');
    }
    return new Canonical(digits.append('e').append(exponent).toString());
  }

  private byte[] canonical(@Nullable Canonical[] values) {
    JsonBytes out = new JsonBytes();
    out.put('{');
    for (int index : byName) {
      Canonical value = values[index];
      if (value != null) {
        out.put(fields[index].encodedName());
        (value.quoted() ? out.put(value.text()) : out.put(JsonBytes.piece(value.text()))).put(',');
      }
    }
    return out.put('}').toBytes();
  }

  // ---- writing

  /** The values of a record, checked; empty if they do not surely fit, or have another id. */
  Optional<Object[]> checked(Object record, Optional<String> id) {
    Object[] values = new Object[fields.length];
    for (int i = 0; i < fields.length; i++) {
      Object value = get(fields[i], record);
      if (value == null || !surelyFits(fields[i], value)) {
        return Optional.empty();
      }
      values[i] = value;
    }
    boolean isAboutIt = idField < 0 || id.isEmpty() || id.get().equals(values[idField]);
    return isAboutIt ? Optional.of(values) : Optional.empty();
  }

  private static @Nullable Object get(Field field, Object record) {
    try {
      return (Object) field.accessor().invokeExact(record);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean surelyFits(Field field, Object value) {
    return switch (field.kind()) {
      case TEXT -> JsonBytes.needsNoEscape((String) value) && field.surelyHolds((String) value);
      case OPTIONAL_TEXT -> {
        Optional<?> text = (Optional<?>) value;
        yield text.isEmpty()
            ? !field.required()
            : text.get() instanceof String some
                && JsonBytes.needsNoEscape(some)
                && field.surelyHolds(some);
      }
      case ENUM -> field.surelyHolds(((Enum<?>) value).name());
      case BOOLEAN -> true;
      case INT -> field.surelyHolds((int) value);
      case LONG -> field.surelyHolds((long) value);
      case DOUBLE -> Double.isFinite((double) value) && field.surelyHolds((double) value);
    };
  }

  /** Writes the object, from values that were checked. */
  void write(JsonBytes json, Object[] values) {
    json.put('{');
    boolean first = true;
    for (int i = 0; i < fields.length; i++) {
      Field field = fields[i];
      if (values[i] instanceof Optional<?> optional && optional.isEmpty()) {
        continue;
      }
      if (!first) {
        json.put(',');
      }
      first = false;
      json.put(field.encodedName());
      switch (field.kind()) {
        case TEXT -> json.put((String) values[i]);
        case OPTIONAL_TEXT -> json.put((String) ((Optional<?>) values[i]).orElseThrow());
        case ENUM -> json.put(((Enum<?>) values[i]).name());
        case BOOLEAN -> json.put((boolean) values[i] ? TRUE : FALSE);
        case INT -> json.put((int) values[i]);
        case LONG -> json.put((long) values[i]);
        case DOUBLE -> json.put((double) values[i]);
      }
    }
    json.put('}');
  }
}
