package dev.pleat.interactivequeries;

import graphql.GraphQLContext;
import graphql.execution.CoercedVariables;
import graphql.language.ArrayValue;
import graphql.language.BooleanValue;
import graphql.language.EnumValue;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.NullValue;
import graphql.language.ObjectField;
import graphql.language.ObjectValue;
import graphql.language.StringValue;
import graphql.language.Value;
import graphql.language.VariableReference;
import graphql.schema.Coercing;
import graphql.schema.CoercingParseLiteralException;
import graphql.schema.CoercingParseValueException;
import graphql.schema.CoercingSerializeException;
import graphql.schema.GraphQLScalarType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The scalars that GraphQL itself does not have. */
final class GraphQlScalars {

  /** An integer of 64 bits, as a JSON number, as over HTTP. */
  static final GraphQLScalarType LONG =
      GraphQLScalarType.newScalar()
          .name("Long")
          .description("An integer of 64 bits, written as a number; taken as its digits too.")
          .coercing(new LongCoercing())
          .build();

  /** Whatever JSON can say. */
  static final GraphQLScalarType JSON =
      GraphQLScalarType.newScalar()
          .name("JSON")
          .description("Any JSON, where the JSON Schema says more than a GraphQL type can.")
          .coercing(new JsonCoercing())
          .build();

  private GraphQlScalars() {}

  private static final class LongCoercing implements Coercing<Long, Long> {

    private static final Pattern DIGITS = Pattern.compile("-?[0-9]{1,19}");

    @Override
    public Long serialize(Object result, GraphQLContext context, Locale locale) {
      return number(result)
          .orElseThrow(() -> new CoercingSerializeException("not an integer of 64 bits"));
    }

    @Override
    public Long parseValue(Object input, GraphQLContext context, Locale locale) {
      return number(input)
          .orElseThrow(() -> new CoercingParseValueException("an integer of 64 bits is expected"));
    }

    @Override
    public Long parseLiteral(
        Value<?> input, CoercedVariables variables, GraphQLContext context, Locale locale) {
      Optional<Long> number =
          switch (input) {
            case IntValue literal -> number(literal.getValue());
            case StringValue literal -> number(literal.getValue());
            default -> Optional.empty();
          };
      return number.orElseThrow(
          () -> new CoercingParseLiteralException("an integer of 64 bits is expected"));
    }

    @Override
    public Value<?> valueToLiteral(Object input, GraphQLContext context, Locale locale) {
      return new IntValue(BigInteger.valueOf(number(input).orElse(0L)));
    }

    private static Optional<Long> number(@Nullable Object value) {
      try {
        if (value instanceof Integer || value instanceof Long) {
          return Optional.of(((Number) value).longValue());
        }
        if (value instanceof BigInteger number) {
          return Optional.of(number.longValueExact());
        }
        return value instanceof String text && DIGITS.matcher(text).matches()
            ? Optional.of(Long.valueOf(text))
            : Optional.empty();
      } catch (ArithmeticException | NumberFormatException e) {
        return Optional.empty();
      }
    }
  }

  private static final class JsonCoercing implements Coercing<Object, Object> {

    @Override
    public Object serialize(Object result, GraphQLContext context, Locale locale) {
      return result;
    }

    @Override
    public Object parseValue(Object input, GraphQLContext context, Locale locale) {
      return input;
    }

    @Override
    public Object parseLiteral(
        Value<?> input, CoercedVariables variables, GraphQLContext context, Locale locale) {
      return Optional.ofNullable(plain(input, variables))
          .orElseThrow(() -> new CoercingParseLiteralException("JSON other than null is expected"));
    }

    /** Values are parsed no deeper than the parser lets them nest. */
    private static @Nullable Object plain(Value<?> value, CoercedVariables variables) {
      return switch (value) {
        case NullValue none -> null;
        case StringValue text -> text.getValue();
        case BooleanValue flag -> flag.isValue();
        case EnumValue name -> name.getName();
        case IntValue number -> number.getValue();
        case FloatValue number -> finite(number.getValue());
        case ArrayValue array -> {
          List<@Nullable Object> list = new ArrayList<>();
          array.getValues().forEach(each -> list.add(plain(each, variables)));
          yield list;
        }
        case ObjectValue object -> {
          Map<String, @Nullable Object> fields = new LinkedHashMap<>();
          for (ObjectField field : object.getObjectFields()) {
            fields.put(field.getName(), plain(field.getValue(), variables));
          }
          yield fields;
        }
        case VariableReference variable -> variables.get(variable.getName());
        default -> throw new CoercingParseLiteralException("this is not JSON");
      };
    }

    /** Numbers so large that nobody can compute with them are left to the schema to refuse. */
    private static Object finite(BigDecimal number) {
      return Math.abs((long) number.scale()) > 1_000 ? number.doubleValue() : number;
    }
  }
}
