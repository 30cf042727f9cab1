package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.UnreadableMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A decider's state as bytes: compact where it is made of records, sealed interfaces of records and
 * plain values; the engine's JSON for anything else. Safe for use by many threads.
 *
 * <p>The compact form has no names in it. It begins with a hash of the type's shape instead, so
 * that a type that was changed without another state version is noticed and not misread.
 */
final class StateCodec<S> {

  /*
   * Compact: 1 | hash of the shape (4) | the value. JSON does not begin with that byte.
   *
   * A state that has null somewhere is written as JSON: the compact form has no room for it.
   */
  private static final byte COMPACT = 1;

  private final Class<S> type;
  private final Optional<Part> part;
  private final int shape;

  private StateCodec(Class<S> type, Optional<Part> part) {
    this.type = type;
    this.part = part;
    this.shape = part.map(Part::shape).orElse("").hashCode();
  }

  static <S> StateCodec<S> of(Class<S> type) {
    try {
      return new StateCodec<>(type, Optional.of(part(type, new HashSet<>())));
    } catch (NoCompactForm e) {
      return new StateCodec<>(type, Optional.empty());
    }
  }

  byte[] write(S state) {
    if (part.isEmpty()) {
      return JsonCodec.writeValue(state, type);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(COMPACT);
      out.writeInt(shape);
      part.get().write(out, state);
    } catch (NoCompactForm e) {
      return JsonCodec.writeValue(state, type);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  /**
   * The state as JSON for a person; a record of a sealed interface says its name as {@code type}.
   */
  byte[] json(S state) {
    return JsonCodec.writeValue(state, type);
  }

  /**
   * Reads what {@link #write} wrote, or an earlier release wrote as JSON.
   *
   * @throws StateShapeChanged if the type had another shape then
   * @throws IllegalStateException if these bytes are no such state
   * @throws UnreadableMessage if they are no such state in JSON
   */
  @SuppressWarnings("unchecked") // the part reads what it was made for
  S read(byte[] bytes) {
    if (bytes.length <= 1 || bytes[0] != COMPACT) {
      return JsonCodec.readValue(bytes, type);
    }
    try (DataInputStream in =
        new DataInputStream(new ByteArrayInputStream(bytes, 1, bytes.length))) {
      if (part.isEmpty() || in.readInt() != shape) {
        throw new StateShapeChanged(type);
      }
      S state = (S) part.get().read(in);
      if (in.read() >= 0) {
        throw new EOFException("bytes are left");
      }
      return state;
    } catch (NoSuchConstant e) {
      throw new StateShapeChanged(type);
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalStateException("the stored state is not a " + type.getSimpleName(), e);
    }
  }

  /** The stored state was written for another shape of its type. */
  static final class StateShapeChanged extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    StateShapeChanged(Class<?> type) {
      super(
          "the stored state was made of another "
              + type.getSimpleName()
              + " than this release has: give the decider another stateVersion(), and the state is"
              + " folded anew from the events");
    }
  }

  /** Of a type, or of a value with null in it. */
  private static final class NoCompactForm extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /** The stored state names a constant that its enum no longer has. */
  private static final class NoSuchConstant extends IOException {
    private static final long serialVersionUID = 1L;
  }

  // ---- the forms of values

  private interface Part {
    void write(DataOutputStream out, @Nullable Object value) throws IOException;

    Object read(DataInputStream in) throws IOException;

    String shape();
  }

  private interface Writer<T> {
    void write(DataOutputStream out, T value) throws IOException;
  }

  private interface Reader<T> {
    T read(DataInputStream in) throws IOException;
  }

  private record Plain<T>(String shape, Writer<T> writer, Reader<T> reader) implements Part {

    @Override
    @SuppressWarnings("unchecked") // chosen by the component's type
    public void write(DataOutputStream out, @Nullable Object value) throws IOException {
      if (value == null) {
        throw new NoCompactForm();
      }
      writer.write(out, (T) value);
    }

    @Override
    public Object read(DataInputStream in) throws IOException {
      return (Object) reader.read(in);
    }
  }

  private static final Map<Type, Part> PLAIN =
      Map.of(
          boolean.class,
          new Plain<Boolean>(
              "boolean", DataOutputStream::writeBoolean, DataInputStream::readBoolean),
          int.class,
          new Plain<Integer>("int", DataOutputStream::writeInt, DataInputStream::readInt),
          long.class,
          new Plain<Long>("long", DataOutputStream::writeLong, DataInputStream::readLong),
          double.class,
          new Plain<Double>("double", DataOutputStream::writeDouble, DataInputStream::readDouble),
          String.class,
          new Plain<String>("text", StateCodec::writeText, StateCodec::readText),
          UUID.class,
          new Plain<UUID>(
              "uuid",
              (out, id) -> {
                out.writeLong(id.getMostSignificantBits());
                out.writeLong(id.getLeastSignificantBits());
              },
              in -> new UUID(in.readLong(), in.readLong())),
          Instant.class,
          new Plain<Instant>(
              "instant",
              (out, instant) -> {
                out.writeLong(instant.getEpochSecond());
                out.writeInt(instant.getNano());
              },
              in -> Instant.ofEpochSecond(in.readLong(), in.readInt())),
          BigDecimal.class,
          new Plain<BigDecimal>(
              "decimal",
              (out, number) -> {
                byte[] unscaled = number.unscaledValue().toByteArray();
                out.writeInt(number.scale());
                out.writeInt(unscaled.length);
                out.write(unscaled);
              },
              in -> {
                int scale = in.readInt();
                return new BigDecimal(new BigInteger(readBytes(in, in.readInt())), scale);
              }));

  private static void writeText(DataOutputStream out, String text) throws IOException {
    byte[] utf8 = text.getBytes(UTF_8);
    if (!new String(utf8, UTF_8).equals(text)) {
      throw new IllegalArgumentException("the state has text with half a surrogate pair");
    }
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  private static String readText(DataInputStream in) throws IOException {
    return new String(readBytes(in, in.readInt()), UTF_8);
  }

  private static byte[] readBytes(DataInputStream in, int count) throws IOException {
    if (count < 0 || count > in.available()) {
      throw new EOFException();
    }
    return in.readNBytes(count);
  }

  private static Part part(Type type, Set<Type> around) throws NoCompactForm {
    Part plain = PLAIN.get(unboxed(type));
    if (plain != null) {
      return plain;
    }
    if (!around.add(type)) {
      throw new NoCompactForm(); // a type inside itself
    }
    try {
      if (type instanceof ParameterizedType parameterized) {
        Part element = part(parameterized.getActualTypeArguments()[0], around);
        if (parameterized.getRawType() == Optional.class) {
          return optional(element);
        } else if (parameterized.getRawType() == List.class) {
          return list(element);
        } else if (parameterized.getRawType() == Set.class) {
          return set(element);
        } else if (parameterized.getRawType() == Map.class) {
          return map(element, part(parameterized.getActualTypeArguments()[1], around));
        }
      } else if (type instanceof Class<?> plainClass) {
        if (plainClass.isEnum()) {
          return constants(plainClass);
        } else if (plainClass.isRecord() && plainClass.getTypeParameters().length == 0) {
          return record(plainClass, around);
        } else if (plainClass.isInterface() && plainClass.isSealed()) {
          return oneOf(plainClass, around);
        }
      }
      throw new NoCompactForm();
    } finally {
      around.remove(type);
    }
  }

  /** What is in a list has the form of what is not. */
  private static Type unboxed(Type type) {
    return type instanceof Class<?> plain
        ? MethodType.methodType(plain).unwrap().returnType()
        : type;
  }

  private static Part optional(Part element) {
    return new Plain<Optional<?>>(
        "optional " + element.shape(),
        (out, value) -> {
          out.writeBoolean(value.isPresent());
          if (value.isPresent()) {
            element.write(out, value.get());
          }
        },
        in -> in.readBoolean() ? Optional.of(element.read(in)) : Optional.empty());
  }

  private static Part list(Part element) {
    return new Plain<List<?>>(
        "list of " + element.shape(),
        (out, values) -> writeAll(out, element, values),
        in -> {
          List<Object> values = new ArrayList<>();
          readAll(in, element, values);
          return List.copyOf(values);
        });
  }

  /** In the order it has. */
  private static Part set(Part element) {
    return new Plain<Set<?>>(
        "set of " + element.shape(),
        (out, values) -> writeAll(out, element, values),
        in -> {
          Set<Object> values = new LinkedHashSet<>();
          readAll(in, element, values);
          return Collections.unmodifiableSet(values);
        });
  }

  /** In the order it has. */
  private static Part map(Part key, Part value) {
    return new Plain<Map<?, ?>>(
        "map of " + key.shape() + " to " + value.shape(),
        (out, entries) -> {
          out.writeInt(entries.size());
          for (Map.Entry<?, ?> entry : entries.entrySet()) {
            key.write(out, entry.getKey());
            value.write(out, entry.getValue());
          }
        },
        in -> {
          Map<Object, Object> entries = new LinkedHashMap<>();
          for (int left = readCount(in); left > 0; left--) {
            entries.put(key.read(in), value.read(in));
          }
          return Collections.unmodifiableMap(entries);
        });
  }

  private static void writeAll(DataOutputStream out, Part element, Collection<?> values)
      throws IOException {
    out.writeInt(values.size());
    for (Object value : values) {
      element.write(out, value);
    }
  }

  private static void readAll(DataInputStream in, Part element, Collection<Object> values)
      throws IOException {
    for (int left = readCount(in); left > 0; left--) {
      values.add(element.read(in));
    }
  }

  private static int readCount(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0) {
      throw new EOFException();
    }
    return count;
  }

  /** By name: a constant may be moved among the others. */
  private static Part constants(Class<?> type) {
    Map<String, Object> byName =
        Arrays.stream(type.getEnumConstants())
            .collect(Collectors.toMap(constant -> ((Enum<?>) constant).name(), each -> each));
    return new Plain<Enum<?>>(
        "enum",
        (out, value) -> writeText(out, value.name()),
        in -> {
          Object constant = byName.get(readText(in));
          if (constant == null) {
            throw new NoSuchConstant();
          }
          return (Enum<?>) constant;
        });
  }

  private static Part record(Class<?> type, Set<Type> around) throws NoCompactForm {
    RecordComponent[] components = type.getRecordComponents();
    Part[] parts = new Part[components.length];
    MethodHandle[] getters = new MethodHandle[components.length];
    StringBuilder shape = new StringBuilder(type.getSimpleName()).append('(');
    MethodHandle constructor;
    try {
      for (int i = 0; i < components.length; i++) {
        parts[i] = part(components[i].getGenericType(), around);
        shape.append(components[i].getName()).append(' ').append(parts[i].shape()).append(',');
        Method getter = components[i].getAccessor();
        getter.trySetAccessible();
        getters[i] =
            MethodHandles.lookup()
                .unreflect(getter)
                .asType(MethodType.methodType(Object.class, Object.class));
      }
      Constructor<?> canonical =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      canonical.trySetAccessible();
      constructor =
          MethodHandles.lookup()
              .unreflectConstructor(canonical)
              .asSpreader(Object[].class, components.length)
              .asType(MethodType.methodType(Object.class, Object[].class));
    } catch (ReflectiveOperationException e) {
      throw new NoCompactForm();
    }
    return new Plain<Object>(
        shape.append(')').toString(),
        (out, value) -> {
          for (int i = 0; i < parts.length; i++) {
            parts[i].write(out, get(getters[i], value));
          }
        },
        in -> {
          Object[] values = new Object[parts.length];
          for (int i = 0; i < parts.length; i++) {
            values[i] = parts[i].read(in);
          }
          return make(constructor, values);
        });
  }

  private static @Nullable Object get(MethodHandle getter, Object record) {
    try {
      return (Object) getter.invokeExact(record);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object make(MethodHandle constructor, Object[] values) {
    try {
      return (Object) constructor.invokeExact(values);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** One of the records of a sealed interface, by its place among their sorted names. */
  private static Part oneOf(Class<?> type, Set<Type> around) throws NoCompactForm {
    List<Class<?>> records =
        records(type).sorted(Comparator.comparing((Class<?> each) -> each.getName())).toList();
    Part[] parts = new Part[records.size()];
    Map<Class<?>, Integer> places = new HashMap<>();
    StringBuilder shape = new StringBuilder("one of ");
    for (int i = 0; i < parts.length; i++) {
      parts[i] = part(records.get(i), around);
      places.put(records.get(i), i);
      shape.append(parts[i].shape());
    }
    return new Plain<Object>(
        shape.toString(),
        (out, value) -> {
          Integer place = places.get(value.getClass());
          if (place == null) {
            throw new IllegalArgumentException(value.getClass() + " is not of " + type);
          }
          out.writeByte(place);
          parts[place].write(out, value);
        },
        in -> {
          int place = in.readUnsignedByte();
          if (place >= parts.length) {
            throw new EOFException("no such record");
          }
          return parts[place].read(in);
        });
  }

  private static Stream<Class<?>> records(Class<?> type) throws NoCompactForm {
    List<Class<?>> records = new ArrayList<>();
    for (Class<?> each : type.getPermittedSubclasses()) {
      if (each.isInterface() && each.isSealed()) {
        records(each).forEach(records::add);
      } else if (each.isRecord()) {
        records.add(each);
      } else {
        throw new NoCompactForm();
      }
    }
    if (records.size() > 255) {
      throw new NoCompactForm();
    }
    return records.stream();
  }
}
