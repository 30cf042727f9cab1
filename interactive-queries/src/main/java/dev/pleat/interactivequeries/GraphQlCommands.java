package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.CommandIntake.Asked;
import dev.pleat.interactivequeries.CommandIntake.NamedInBody;
import dev.pleat.interactivequeries.CommandIntake.New;
import dev.pleat.interactivequeries.CommandIntake.Ready;
import dev.pleat.interactivequeries.GraphQlTypes.Property;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.DomainSchema.Creates;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.DomainSchema.StandsFor;
import dev.pleat.schemas.DomainSchema.Updates;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.Outcome.Rejected;
import graphql.Scalars;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import graphql.schema.FieldCoordinates;
import graphql.schema.GraphQLArgument;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLEnumType;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLInputObjectField;
import graphql.schema.GraphQLInputObjectType;
import graphql.schema.GraphQLInputType;
import graphql.schema.GraphQLList;
import graphql.schema.GraphQLNonNull;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLOutputType;
import graphql.schema.GraphQLTypeUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The mutations: one for each action of each domain, which takes the same way as a command over
 * HTTP. Builds the fields once; what they fetch with is safe for use by many threads.
 */
final class GraphQlCommands {

  private static final int MAX_WAIT_SECONDS = 30;

  private static final GraphQLEnumType STATUS =
      GraphQLEnumType.newEnum()
          .name("CommandStatus")
          .description("What became of a command.")
          .value("ACCEPTED")
          .value("UNCHANGED")
          .value("REJECTED", "REJECTED", "What it asks for is so already; reason says why.")
          .value("PENDING", "PENDING", "It was received and not decided in time.")
          .build();

  private static final GraphQLInputObjectType OPTIONS =
      GraphQLInputObjectType.newInputObject()
          .name("CommandOptions")
          .description("What is said of a command beside its data.")
          .field(
              option(
                  "id",
                  Scalars.GraphQLID,
                  "The command's id, a UUID; keep it and use it to retry."))
          .field(
              option(
                  "expectedVersion",
                  GraphQlScalars.LONG,
                  "The version the aggregate must have; 0 if it must not exist."))
          .field(
              option(
                  "wait",
                  Scalars.GraphQLInt,
                  "Seconds to wait for the outcome, 0 to 30; 5 if it is not said."))
          .build();

  private final CommandIntake intake;
  private final GraphQlTypes types;
  private final GraphQlNames typeNames;
  private final GraphQLCodeRegistry.Builder code;

  GraphQlCommands(
      CommandIntake intake,
      GraphQlTypes types,
      GraphQlNames typeNames,
      GraphQLCodeRegistry.Builder code) {
    this.intake = intake;
    this.types = types;
    this.typeNames = typeNames;
    this.code = code;
  }

  private static GraphQLInputObjectField option(
      String name, GraphQLInputType type, String description) {
    return GraphQLInputObjectField.newInputObjectField()
        .name(name)
        .type(type)
        .description(description)
        .build();
  }

  /**
   * The mutations of a domain.
   *
   * @param root the type they are fields of
   * @param row the type of a row of this view
   */
  List<GraphQLFieldDefinition> mutations(
      String root,
      GraphQlNames names,
      DomainSchema<?, ?> schema,
      BiFunction<DomainSchema<?, ?>, DomainSchema.View, GraphQLObjectType> row) {
    GraphQLObjectType answer =
        answer(
            schema,
            intake.representation(schema).map(shown -> row.apply(shown.schema(), shown.view())));
    List<GraphQLFieldDefinition> fields = new ArrayList<>();
    for (Action<?> action : schema.actions()) {
      fields.add(mutation(root, names, schema, action, answer));
    }
    return fields;
  }

  private <C> GraphQLFieldDefinition mutation(
      String root,
      GraphQlNames names,
      DomainSchema<?, ?> schema,
      Action<C> action,
      GraphQLObjectType answer) {
    String name = names.taking(action.name());
    Map<?, ?> data = json(schema, action.name());
    List<Property> properties = new ArrayList<>(GraphQlTypes.properties(data));
    boolean isCreated =
        schema.routes().stream()
            .anyMatch(
                it -> it instanceof Creates creates && creates.action().equals(action.name()));
    boolean isUpdated =
        schema.routes().stream()
            .anyMatch(
                it -> it instanceof Updates updates && updates.action().equals(action.name()));
    boolean idIsMade = isCreated && schema.idFormat() == IdFormat.UUID;
    if (idIsMade && !isUpdated) {
      properties.removeIf(property -> property.json().equals(schema.idField()));
    }
    GraphQlNames arguments = new GraphQlNames();
    GraphQLFieldDefinition.Builder field =
        GraphQLFieldDefinition.newFieldDefinition().name(name).type(answer);
    if (data.get("description") instanceof String description) {
      field.description(description);
    }
    for (Property property : properties) {
      GraphQLInputType type = types.input(name, property);
      boolean mayBeMade = idIsMade && property.json().equals(schema.idField());
      field.argument(
          GraphQLArgument.newArgument()
              .name(arguments.taking(property.name()))
              .description(property.description())
              .type(property.isRequired() && !mayBeMade ? GraphQLNonNull.nonNull(type) : type));
    }
    String options = arguments.taking("command");
    field.argument(GraphQLArgument.newArgument().name(options).type(OPTIONS));
    code.dataFetcher(
        FieldCoordinates.coordinates(root, name),
        (DataFetcher<Object>)
            environment -> {
              JsonObject body =
                  JsonCodec.object(GraphQlTypes.toJson(environment.getArguments(), properties));
              CommandIntake.Target target =
                  idIsMade && !body.fields().contains(schema.idField())
                      ? new New()
                      : new NamedInBody(isCreated);
              return send(environment, options, schema, action.name(), target, body);
            });
    return field.build();
  }

  private <C> CommandAnswer send(
      DataFetchingEnvironment field,
      String options,
      DomainSchema<C, ?> schema,
      String actionName,
      CommandIntake.Target target,
      JsonObject body) {
    GraphQlRun run = GraphQlRun.of(field);
    Asked asked = asked(run, field.getArgument(options));
    try {
      run.requireTime();
      Action<C> action = schema.action(actionName).orElseThrow();
      Ready ready = intake.check(schema, action, target, body, asked);
      Optional<Outcome> outcome = intake.submit(schema, ready, asked);
      if (outcome.isPresent()
          && outcome.get().verdict() instanceof Rejected rejected
          && !schema.isAlreadySo(actionName, rejected.reason())) {
        throw new Refusal(CommandRoutes.rejection(rejected));
      }
      return new CommandAnswer(
          intake, schema, asked.commandId(), ready.aggregateId(), outcome.map(Outcome::verdict));
    } catch (Refusal e) {
      throw new Refusal(e.problem().about(asked.commandId()));
    }
  }

  /** What the argument says, and what the headers say where it does not. */
  private static Asked asked(GraphQlRun run, @Nullable Map<String, Object> options) {
    Map<String, Object> said = options == null ? Map.of() : options;
    Asked headers = run.headers().beside();
    UUID id;
    if (said.get("id") instanceof String text) {
      id = RequestHeaders.commandId(text, "the id of the command");
    } else if (run.rootFields() == 1) {
      id = headers.commandId();
    } else if (run.headers().isIdGiven() || headers.expectedVersion().isPresent()) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER,
          "Idempotency-Key, If-Match and If-None-Match are about one command, and here are several:"
              + " name ids and versions in their arguments");
    } else {
      id = UUID.randomUUID();
    }
    OptionalLong version =
        said.get("expectedVersion") instanceof Long number
            ? OptionalLong.of(number)
            : headers.expectedVersion();
    if (version.isPresent() && version.getAsLong() < 0) {
      throw Refusal.of(Problem.INVALID_PARAMETER, "expectedVersion must be 0 or more");
    }
    Preferences preferences = headers.preferences();
    if (said.get("wait") instanceof Integer seconds) {
      if (seconds < 0 || seconds > MAX_WAIT_SECONDS) {
        throw Refusal.of(
            Problem.INVALID_PARAMETER, "wait must be a number of seconds from 0 to 30");
      }
      preferences = new Preferences(false, OptionalInt.of(seconds), false);
    }
    return new Asked(id, version, preferences, headers.traceparent(), headers.actor());
  }

  // ---- the answer

  /** What every command of a domain is answered with. */
  private GraphQLObjectType answer(DomainSchema<?, ?> schema, Optional<GraphQLObjectType> row) {
    String name = typeNames.taking(GraphQlNames.type(schema.name(), "answer"));
    GraphQLObjectType.Builder type =
        GraphQLObjectType.newObject()
            .name(name)
            .description("What became of a command to " + schema.name() + ".");
    Optional<StandsFor> meaning = intake.representation(schema).flatMap(CommandAnswer::meaning);
    add(
        type,
        name,
        "id",
        Scalars.GraphQLID,
        "The id of what the command is about.",
        CommandAnswer::id);
    meaning.ifPresent(
        it ->
            add(
                type,
                name,
                GraphQlNames.field(it.fact()),
                Scalars.GraphQLBoolean,
                "Whether this is so, at or after the command: whether there is a row.",
                CommandAnswer::fact));
    add(
        type,
        name,
        "commandId",
        GraphQLNonNull.nonNull(Scalars.GraphQLID),
        "The id of the command.",
        answer -> answer.commandId().toString());
    add(
        type,
        name,
        "status",
        GraphQLNonNull.nonNull(STATUS),
        "What became of it.",
        CommandAnswer::status);
    add(
        type,
        name,
        "version",
        GraphQlScalars.LONG,
        "The version of the aggregate after it.",
        answer -> answer.version().orElse(null));
    add(
        type,
        name,
        "events",
        GraphQLList.list(GraphQLNonNull.nonNull(Scalars.GraphQLID)),
        "The ids of what happened.",
        CommandAnswer::events);
    add(
        type,
        name,
        "token",
        Scalars.GraphQLString,
        "With it a query reads at or after this command.",
        answer -> answer.token().orElse(null));
    add(
        type,
        name,
        "reason",
        Scalars.GraphQLString,
        "Why it was rejected, if it was.",
        answer -> answer.rejected().map(Rejected::reason).orElse(null));
    add(
        type,
        name,
        "detail",
        Scalars.GraphQLString,
        "The same as a sentence.",
        answer -> answer.rejected().map(Rejected::detail).orElse(null));
    row.ifPresent(shown -> addRow(type, name, schema, shown));
    return type.build();
  }

  /** The row, and its fields where the answer has none of that name itself. */
  private void addRow(
      GraphQLObjectType.Builder type,
      String name,
      DomainSchema<?, ?> schema,
      GraphQLObjectType row) {
    add(
        type,
        name,
        "row",
        row,
        "The row that stands for it, at or after the command.",
        answer -> answer.row().orElse(null));
    Representation shown = intake.representation(schema).orElseThrow();
    for (Property property : GraphQlTypes.properties(json(shown.schema(), shown.view().name()))) {
      if (!type.hasField(property.name())) {
        GraphQLOutputType of =
            (GraphQLOutputType)
                GraphQLTypeUtil.unwrapNonNull(row.getFieldDefinition(property.name()).getType());
        type.field(GraphQlTypes.field(property, of));
        fetch(
            name,
            property.name(),
            answer -> answer.row().<Object>map(it -> it.get(property.json())).orElse(null));
      }
    }
  }

  /** Reads a field of an answer. */
  private interface Reading {
    @Nullable Object of(CommandAnswer answer);
  }

  private void add(
      GraphQLObjectType.Builder type,
      String typeName,
      String name,
      GraphQLOutputType of,
      String description,
      Reading reading) {
    type.field(
        GraphQLFieldDefinition.newFieldDefinition().name(name).type(of).description(description));
    fetch(typeName, name, reading);
  }

  private void fetch(String typeName, String name, Reading reading) {
    code.dataFetcher(
        FieldCoordinates.coordinates(typeName, name),
        (DataFetcher<@Nullable Object>)
            field ->
                field.getSource() instanceof CommandAnswer answer
                    ? GraphQlRun.of(field).counted(field, reading.of(answer))
                    : null);
  }

  static Map<?, ?> json(DomainSchema<?, ?> schema, String name) {
    return JsonCodec.toRecord(schema.jsonSchemas().source(name).orElseThrow(), Map.class);
  }
}
