package dev.pleat.schemas;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.jsontype.NamedType;

/**
 * Gives the records of a sealed interface a {@code "type"} field with their simple name, and says
 * which components a record cannot do without: all but the optional ones.
 */
final class RecordsByName extends JacksonAnnotationIntrospector {
  private static final long serialVersionUID = 1L;
  private static final Set<Class<?>> OPTIONAL =
      Set.of(Optional.class, OptionalLong.class, OptionalInt.class, OptionalDouble.class);

  private final boolean strict;

  RecordsByName(boolean strict) {
    this.strict = strict;
  }

  @Override
  public @Nullable Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
    boolean required =
        strict
            && member instanceof AnnotatedParameter
            && member.getDeclaringClass().isRecord()
            && !OPTIONAL.contains(member.getRawType());
    return required ? Boolean.TRUE : null;
  }

  @Override
  @SuppressWarnings("deprecation") // Jackson marks its only factory so
  public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
      MapperConfig<?> config, Annotated annotated) {
    return (annotated instanceof AnnotatedClass && isSealed(annotated))
        ? JsonTypeInfo.Value.construct(
            JsonTypeInfo.Id.NAME, JsonTypeInfo.As.PROPERTY, "type", null, false, true)
        : null;
  }

  @Override
  public @Nullable List<NamedType> findSubtypes(MapperConfig<?> config, Annotated annotated) {
    return isSealed(annotated)
        ? records(annotated.getRawType())
            .map(type -> new NamedType(type, type.getSimpleName()))
            .toList()
        : null;
  }

  private static Stream<Class<?>> records(Class<?> type) {
    return type.isSealed()
        ? Arrays.stream(type.getPermittedSubclasses()).flatMap(RecordsByName::records)
        : Stream.of(type);
  }

  private static boolean isSealed(Annotated annotated) {
    return annotated.getRawType().isInterface() && annotated.getRawType().isSealed();
  }
}
