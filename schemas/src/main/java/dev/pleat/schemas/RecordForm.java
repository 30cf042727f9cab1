package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;

/**
 * A record and its JSON Schema, compiled so that its JSON is read, checked and written in one pass.
 * It knows plain components and the commonest keywords; {@link #of} is empty for any other record,
 * and a value it is not sure of is left to {@link JsonCodec}. Immutable.
 */
final class RecordForm<T> {

  private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "title",
          "description",
          "examples",
          "default",
          "deprecated",
          "format");
  private static final Set<String> OBJECT_KEYWORDS =
      Set.of("type", "properties", "required", "additionalProperties");
  private static final Set<String> TEXT_KEYWORDS =
      Set.of("type", "enum", "pattern", "minLength", "maxLength");
  private static final Set<String> BOOLEAN_KEYWORDS = Set.of("type");
  private static final Set<String> NUMBER_KEYWORDS =
      Set.of("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");

  /** By far the commonest pattern, and dear as a regular expression. */
  private static final String UUID_PATTERN =
      "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

  /** The types of components it knows. */
  private enum Kind {
    TEXT("string", TEXT_KEYWORDS),
    OPTIONAL_TEXT("string", TEXT_KEYWORDS),
    ENUM("string", TEXT_KEYWORDS),
    BOOLEAN("boolean", BOOLEAN_KEYWORDS),
    INT("integer", NUMBER_KEYWORDS),
    LONG("integer", NUMBER_KEYWORDS),
    DOUBLE("number", NUMBER_KEYWORDS);

    private final String schemaType;
    private final Set<String> keywords;

    Kind(String schemaType, Set<String> keywords) {
      this.schemaType = schemaType;
      this.keywords = keywords;
    }
  }

  /**
   * What the schema says of a text.
   *
   * @param isUuid whether it must be a UUID
   * @param pattern what else it must match
   * @param allowed the only texts there may be, if there are such
   * @param minLength in code points
   * @param maxLength in code points
   */
  private record TextRule(
      boolean isUuid,
      Optional<Predicate<String>> pattern,
      Optional<Set<String>> allowed,
      int minLength,
      int maxLength) {

    boolean holds(String text) {
      return (!isUuid || UuidText.isUuid(text)) && holdsOtherwise(text);
    }

    /** All but whether it is a UUID. */
    boolean holdsOtherwise(String text) {
      if ((allowed.isPresent() && !allowed.get().contains(text))
          || (pattern.isPresent() && !pattern.get().test(text))) {
        return false;
      }
      if (minLength == 0 && maxLength == Integer.MAX_VALUE) {
        return true;
      }
      int length = text.codePointCount(0, text.length());
      return minLength <= length && length <= maxLength;
    }
  }

  /**
   * What the schema says of a number; at a bound only an exact comparison could tell.
   *
   * @param above the double next to the lower bound
   * @param below the double next to the upper bound
   */
  private record NumberRule(double above, double below) {

    boolean surelyHolds(double value) {
      return above < value && value < below;
    }
  }

  /**
   * One component.
   *
   * @param encoded its name in quotes and the colon
   * @param constants an enum's constants that the schema allows
   * @param constantNames their names
   */
  private record Field(
      String name,
      byte[] encoded,
      Kind kind,
      MethodHandle accessor,
      boolean required,
      Object[] constants,
      byte[][] constantNames,
      TextRule text,
      NumberRule number) {}

  private final MethodHandle constructor;
  private final Field[] fields;
  private final byte[][] names;
  private final int[] byName;
  private final long required;
  private final int idField;

  private RecordForm(MethodHandle constructor, List<Field> fields, String idField) {
    this.constructor = constructor;
    this.fields = fields.toArray(Field[]::new);
    this.names = fields.stream().map(Field::encoded).toArray(byte[][]::new);
    this.byName =
        IntStream.range(0, fields.size())
            .boxed()
            .sorted(Comparator.comparing(i -> fields.get(i).name()))
            .mapToInt(Integer::intValue)
            .toArray();
    this.required =
        IntStream.range(0, fields.size())
            .filter(i -> fields.get(i).required())
            .mapToLong(i -> 1L << i)
            .sum();
    this.idField = fields.stream().map(Field::name).toList().indexOf(idField);
  }

  // ---- compiling

  /** Empty if there is something in the record or its schema that this class does not know. */
  static <T> Optional<RecordForm<T>> of(Class<T> type, JsonObject schema, String idField) {
    JsonNode root = schema.tree();
    JsonNode properties = root.path("properties");
    RecordComponent[] components = type.getRecordComponents();
    if (components == null
        || components.length >= Long.SIZE - 1
        || !isPlain(type)
        || !knows(root, OBJECT_KEYWORDS)
        || !isText(root.path("type"), "object")
        || !isText(root.path("$schema"), DIALECT)
        || !properties.isObject()) {
      return Optional.empty();
    }
    Optional<List<String>> required = texts(root, "required");
    if (required.isEmpty()) {
      return Optional.empty();
    }
    List<Field> fields = new ArrayList<>();
    for (RecordComponent component : components) {
      Optional<Field> field = field(component, properties, required.get());
      if (field.isEmpty()) {
        return Optional.empty();
      }
      fields.add(field.get());
    }
    List<String> names = fields.stream().map(Field::name).toList();
    if (!names.containsAll(required.get())
        || Set.copyOf(names).size() < names.size()
        || fields.stream()
            .anyMatch(field -> field.name().equals(idField) && field.kind() != Kind.TEXT)) {
      return Optional.empty();
    }
    return constructor(type, components)
        .map(constructor -> new RecordForm<>(constructor, fields, idField));
  }

  /** Whether the JSON library sees the components of a type and nothing else in it. */
  private static boolean isPlain(Class<?> type) {
    boolean annotated =
        hasForeignAnnotation(type.getAnnotations())
            || Arrays.stream(type.getDeclaredFields())
                .anyMatch(field -> hasForeignAnnotation(field.getAnnotations()))
            || Arrays.stream(type.getDeclaredMethods())
                .anyMatch(method -> hasForeignAnnotation(method.getAnnotations()))
            || Arrays.stream(type.getDeclaredConstructors())
                .anyMatch(RecordForm::hasForeignAnnotation);
    return !annotated
        && Arrays.stream(type.getInterfaces()).allMatch(RecordForm::isPlain)
        && (type.isEnum() || Arrays.stream(type.getMethods()).noneMatch(RecordForm::isGetter));
  }

  private static boolean hasForeignAnnotation(Constructor<?> constructor) {
    return hasForeignAnnotation(constructor.getAnnotations())
        || Arrays.stream(constructor.getParameterAnnotations())
            .anyMatch(RecordForm::hasForeignAnnotation);
  }

  private static boolean hasForeignAnnotation(java.lang.annotation.Annotation[] annotations) {
    return Arrays.stream(annotations)
        .map(annotation -> annotation.annotationType().getName())
        .anyMatch(name -> !name.startsWith("java.lang.") && !name.startsWith("org.jspecify."));
  }

  /** The JSON library takes these for fields too. */
  private static boolean isGetter(Method method) {
    return method.getParameterCount() == 0
        && !method.getName().equals("getClass")
        && method.getName().matches("(get|is)[^a-z].*");
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
        || !knows(schema, kind.get().keywords)
        || !isText(schema.path("type"), kind.get().schemaType)) {
      return Optional.empty();
    }
    Optional<TextRule> text = textRule(schema);
    Optional<NumberRule> number = numberRule(schema);
    Method getter = component.getAccessor();
    if (text.isEmpty() || number.isEmpty() || !getter.trySetAccessible()) {
      return Optional.empty();
    }
    Enum<?>[] constants = {};
    if (component.getType().isEnum()) {
      constants =
          Arrays.stream((Enum<?>[]) component.getType().getEnumConstants())
              .filter(constant -> text.get().holds(constant.name()))
              .toArray(Enum<?>[]::new);
      // The JSON library writes what toString says.
      if (!Arrays.stream(constants).allMatch(each -> each.name().equals(each.toString()))) {
        return Optional.empty();
      }
    }
    try {
      return Optional.of(
          new Field(
              name,
              PlainJson.name(name),
              kind.get(),
              MethodHandles.lookup()
                  .unreflect(getter)
                  .asType(MethodType.methodType(Object.class, Object.class)),
              required.contains(name) || kind.get() != Kind.OPTIONAL_TEXT,
              constants,
              Arrays.stream(constants)
                  .map(constant -> constant.name().getBytes(UTF_8))
                  .toArray(byte[][]::new),
              text.get(),
              number.get()));
    } catch (IllegalAccessException e) {
      return Optional.empty();
    }
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
    } else if (type instanceof Class<?> plain && plain.isEnum() && isPlain(plain)) {
      return Optional.of(Kind.ENUM);
    } else if (type instanceof ParameterizedType optional
        && optional.getRawType() == Optional.class
        && optional.getActualTypeArguments()[0] == String.class) {
      return Optional.of(Kind.OPTIONAL_TEXT);
    }
    return Optional.empty();
  }

  private static Optional<TextRule> textRule(JsonNode schema) {
    Optional<List<String>> allowed = texts(schema, "enum");
    JsonNode pattern = schema.path("pattern");
    JsonNode minLength = schema.path("minLength");
    JsonNode maxLength = schema.path("maxLength");
    if (allowed.isEmpty()
        || !(pattern.isMissingNode() || pattern.isString())
        || !(minLength.isMissingNode() || minLength.isInt())
        || !(maxLength.isMissingNode() || maxLength.isInt())) {
      return Optional.empty();
    }
    boolean isUuid = isText(pattern, UUID_PATTERN);
    try {
      return Optional.of(
          new TextRule(
              isUuid,
              isUuid || pattern.isMissingNode()
                  ? Optional.empty()
                  : Optional.of(JsonSchemas.pattern(pattern.stringValue())),
              schema.has("enum") ? Optional.of(Set.copyOf(allowed.get())) : Optional.empty(),
              minLength.isMissingNode() ? 0 : minLength.intValue(),
              maxLength.isMissingNode() ? Integer.MAX_VALUE : maxLength.intValue()));
    } catch (RuntimeException e) {
      // A regular expression that the schema validator does not take either.
      return Optional.empty();
    }
  }

  private static Optional<NumberRule> numberRule(JsonNode schema) {
    double above = Double.NEGATIVE_INFINITY;
    double below = Double.POSITIVE_INFINITY;
    for (String keyword : NUMBER_KEYWORDS) {
      JsonNode bound = schema.path(keyword);
      if (keyword.equals("type") || bound.isMissingNode()) {
        continue;
      }
      if (!bound.isNumber()) {
        return Optional.empty();
      }
      double nearest = bound.decimalValue().doubleValue();
      if (keyword.endsWith("inimum")) {
        above = Math.max(above, nearest);
      } else {
        below = Math.min(below, nearest);
      }
    }
    return Optional.of(new NumberRule(above, below));
  }

  private static boolean knows(JsonNode schema, Set<String> keywords) {
    return schema.isObject()
        && schema.propertyNames().stream()
            .allMatch(name -> keywords.contains(name) || ANNOTATIONS.contains(name));
  }

  private static boolean isText(JsonNode node, String text) {
    return node.isString() && node.stringValue().equals(text);
  }

  /** A list of texts, which may be missing; empty if it is something else. */
  private static Optional<List<String>> texts(JsonNode schema, String keyword) {
    JsonNode array = schema.path(keyword);
    if (array.isMissingNode()) {
      return Optional.of(List.of());
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode each : array) {
      if (each.isString()) {
        texts.add(each.stringValue());
      }
    }
    return array.isArray() && texts.size() == array.size() ? Optional.of(texts) : Optional.empty();
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
   * A record as it was read.
   *
   * @param id the aggregate's id, if the record has it
   * @param seen a bit for each field that was there
   * @param marks two for each: where a text lies, or a number's digits and exponent, or a truth
   */
  record Read<T>(T record, Optional<String> id, long seen, long[] marks) {}

  /** The names of its fields and another one, for {@link #read(PlainJson, byte[][])}. */
  byte[][] namesAnd(String other) {
    byte[][] all = Arrays.copyOf(names, names.length + 1);
    all[names.length] = PlainJson.name(other);
    return all;
  }

  /** Takes an object; null if it is not in the usual form or does not surely fit the schema. */
  @Nullable Read<T> read(PlainJson json) {
    return read(json, names);
  }

  /** See {@link #read(PlainJson)}. Takes a count as well, the last of the names, if it is there. */
  @Nullable Read<T> read(PlainJson json, byte[][] namesAndCount) {
    if (!json.takes('{')) {
      return null;
    }
    Object[] values = new Object[fields.length];
    long[] marks = new long[fields.length * 2];
    long seen = 0;
    if (!json.takes('}')) {
      int index = -1;
      do {
        index = json.field(namesAndCount, index + 1);
        if (index < 0 || (seen & 1L << index) != 0) {
          return null;
        }
        if (index == fields.length) {
          if (json.count() < 0) {
            return null;
          }
          seen |= 1L << index;
          continue;
        }
        seen |= 1L << index;
        Object value = value(json, fields[index], marks, index * 2);
        if (value == null) {
          return null;
        }
        values[index] = value;
      } while (json.takes(','));
      if (!json.takes('}')) {
        return null;
      }
    }
    if ((seen & required) != required) {
      return null;
    }
    for (int i = 0; i < values.length; i++) {
      if (values[i] == null) {
        values[i] = Optional.empty();
      }
    }
    T made = make(values);
    return made == null
        ? null
        : new Read<>(
            made,
            idField < 0 ? Optional.empty() : Optional.of((String) values[idField]),
            seen,
            marks);
  }

  /** Null if the record does not want these values: the general way says why. */
  @SuppressWarnings({"unchecked", "CatchAndPrintStackTrace"}) // the constructor is T's
  private @Nullable T make(Object[] values) {
    try {
      return (T) (Object) constructor.invokeExact(values);
    } catch (Throwable e) {
      return null;
    }
  }

  private static @Nullable Object value(PlainJson json, Field field, long[] marks, int mark) {
    switch (field.kind()) {
      case TEXT, OPTIONAL_TEXT -> {
        TextRule rule = field.text();
        if (!json.text() || (rule.isUuid() && !json.isUuid())) {
          return null;
        }
        marks[mark] = json.from();
        marks[mark + 1] = json.to();
        String text = json.string();
        if (text == null || !rule.holdsOtherwise(text)) {
          return null;
        }
        return field.kind() == Kind.TEXT ? text : Optional.of(text);
      }
      case ENUM -> {
        int constant = json.text() ? json.oneOf(field.constantNames()) : -1;
        marks[mark] = json.from();
        marks[mark + 1] = json.to();
        return constant < 0 ? null : field.constants()[constant];
      }
      case BOOLEAN -> {
        Boolean truth = json.truth();
        marks[mark] = Boolean.TRUE.equals(truth) ? 1 : 0;
        return truth;
      }
      case INT, LONG -> {
        if (!json.number() || !json.isWhole() || !field.number().surelyHolds(json.digits())) {
          return null;
        }
        long number = json.digits();
        marks[mark] = number;
        if (field.kind() == Kind.LONG) {
          return number;
        }
        return number == (int) number ? (Integer) (int) number : null;
      }
      case DOUBLE -> {
        if (!json.number()) {
          return null;
        }
        marks[mark] = json.digits();
        marks[mark + 1] = json.exponent();
        double number = json.nearestDouble();
        return field.number().surelyHolds(number) ? (Double) number : null;
      }
    }
    throw new IllegalStateException("no such kind");
  }

  /** Writes the canonical form of an object that was read from this JSON. */
  void writeCanonical(PlainJson json, Read<?> read, ByteOutput out) {
    out.put('{');
    for (int index : byName) {
      if ((read.seen() & 1L << index) == 0) {
        continue;
      }
      long first = read.marks()[index * 2];
      long second = read.marks()[index * 2 + 1];
      out.put(fields[index].encoded());
      switch (fields[index].kind()) {
        case TEXT, OPTIONAL_TEXT, ENUM ->
            // A plain text is written as it was read.
            json.copy((int) first - 1, (int) second + 1, out);
        case BOOLEAN -> out.utf8(first == 1 ? "true" : "false");
        case INT, LONG, DOUBLE -> Canonical.number(out, first, second);
      }
      out.put(',');
    }
    out.put('}');
  }

  // ---- writing

  /**
   * Writes the fields of a record, without the braces around them.
   *
   * @param id what the record must be about, if it says so; empty for anything
   * @return how many were written; -1 if the record does not surely fit its schema, with anything
   *     written then
   */
  int writeFields(Object record, Optional<String> id, ByteOutput out) {
    int written = 0;
    for (int i = 0; i < fields.length; i++) {
      Field field = fields[i];
      Object value = get(field, record);
      if (value instanceof Optional<?> optional) {
        if (optional.isEmpty() && !field.required()) {
          continue;
        }
        value = optional.orElse(null);
      }
      if (value == null || (i == idField && id.isPresent() && !value.equals(id.get()))) {
        return -1;
      }
      if (written++ > 0) {
        out.put(',');
      }
      out.put(field.encoded());
      if (!write(value, field, out)) {
        return -1;
      }
    }
    return written;
  }

  /** Null also if the record does not give it: the general way says why. */
  private static @Nullable Object get(Field field, Object record) {
    try {
      return (Object) field.accessor().invokeExact(record);
    } catch (Throwable e) {
      return null;
    }
  }

  private static boolean write(Object value, Field field, ByteOutput out) {
    switch (field.kind()) {
      case TEXT, OPTIONAL_TEXT -> {
        String text = (String) value;
        if (!field.text().holds(text) || hasSurrogate(text)) {
          return false;
        }
        out.jsonText(text);
      }
      case ENUM -> {
        int index = Arrays.asList(field.constants()).indexOf(value);
        if (index < 0) {
          return false;
        }
        out.put('"').put(field.constantNames()[index]).put('"');
      }
      case BOOLEAN -> out.utf8(value.toString());
      case INT, LONG -> {
        long number = ((Number) value).longValue();
        out.decimal(number);
        return field.number().surelyHolds(number);
      }
      case DOUBLE -> {
        double number = (double) value;
        out.jsonNumber(number);
        return field.number().surelyHolds(number);
      }
    }
    return true;
  }

  private static boolean hasSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }
}
