package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.CommandIntake.Asked;
import dev.pleat.interactivequeries.GraphQlRun.Headers;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import graphql.ExecutionInput;
import graphql.ExecutionResult;
import graphql.GraphQL;
import graphql.GraphQLError;
import graphql.GraphQLException;
import graphql.GraphqlErrorBuilder;
import graphql.ParseAndValidate;
import graphql.ParseAndValidateResult;
import graphql.execution.AsyncExecutionStrategy;
import graphql.execution.RawVariables;
import graphql.execution.preparsed.PreparsedDocumentEntry;
import graphql.language.Document;
import graphql.language.OperationDefinition;
import graphql.language.OperationDefinition.Operation;
import graphql.normalized.ExecutableNormalizedOperationFactory;
import graphql.parser.ParserOptions;
import graphql.schema.GraphQLSchema;
import graphql.validation.GoodFaithIntrospectionExceeded;
import graphql.validation.QueryComplexityLimits;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Answers GraphQL over HTTP: {@code POST /graphql}, as the GraphQL over HTTP specification and
 * GraphQL over SSE (distinct connections) have it. Safe for use by many threads.
 */
final class GraphQlRoute {

  static final String PATH = "/graphql";
  static final String CONTENT_TYPE = "application/graphql-response+json";

  /** What it answers with, the first where the client has no wish. */
  static final List<String> CONTENT_TYPES =
      List.of(CONTENT_TYPE, Reply.JSON, EventStream.CONTENT_TYPE);

  static final int MAX_DEPTH = 20;
  static final int MAX_FIELDS = 500;
  static final int MAX_ROOT_FIELDS = 10;
  static final int MAX_TOKENS = 5_000;

  private static final ParserOptions PARSER =
      ParserOptions.newParserOptions()
          .maxCharacters(RequestBody.MAX_BODY_BYTES)
          .maxTokens(MAX_TOKENS)
          .maxRuleDepth(200)
          .captureIgnoredChars(false)
          .captureLineComments(false)
          .redactTokenParserErrorMessages(true)
          .build();

  private static final QueryComplexityLimits LIMITS =
      QueryComplexityLimits.newLimits().maxDepth(MAX_DEPTH).maxFieldsCount(MAX_FIELDS).build();

  private final GraphQLSchema schema;
  private final GraphQL graphQl;

  GraphQlRoute(GraphQLSchema schema) {
    this.schema = schema;
    this.graphQl =
        GraphQL.newGraphQL(schema)
            .defaultDataFetcherExceptionHandler(new GraphQlErrors())
            // A subscription is executed for each event, by us: see GraphQlLive.
            .subscriptionExecutionStrategy(new AsyncExecutionStrategy(new GraphQlErrors()))
            .preparsedDocumentProvider(
                (input, parse) ->
                    CompletableFuture.completedFuture(
                        input.getGraphQLContext().get(PreparsedDocumentEntry.class)))
            .doNotAutomaticallyDispatchDataLoader()
            .build();
  }

  /** What a client asks. */
  private record Request(
      String query, Optional<String> operationName, Map<String, Object> variables) {}

  /** An operation that may be executed. */
  private record Prepared(Request request, Document document, Operation kind, GraphQlRun run) {}

  Response answer(Context http) throws IOException {
    String type = RequestHeaders.accepted(http, CONTENT_TYPES);
    boolean isStreamed = type.equals(EventStream.CONTENT_TYPE);
    String plainType = isStreamed ? CONTENT_TYPE : type;
    Headers headers = headers(http);
    JsonObject body = RequestBody.read(http);
    Prepared prepared;
    try {
      prepared = prepare(request(body), headers);
    } catch (Rejected e) {
      return new Reply(e.status(plainType), plainType, Map.of(), e.body());
    }
    boolean isFollowed = prepared.kind() == Operation.SUBSCRIPTION;
    if (isFollowed && !RequestHeaders.accepts(http, EventStream.CONTENT_TYPE)) {
      throw Refusal.of(
          Problem.NOT_ACCEPTABLE,
          "a subscription is answered as text/event-stream only; send Accept: text/event-stream");
    }
    ExecutionResult result = execute(prepared);
    Optional<LiveStream> stream = prepared.run().stream();
    if (stream.isPresent()) {
      return stream.get().in(new GraphQlLive.Results(change -> next(prepared, change)));
    }
    byte[] json = json(result, prepared.run());
    if ((isFollowed || isStreamed) && result.isDataPresent()) {
      return new OneResult(json);
    }
    boolean isExecuted = result.isDataPresent() && prepared.run().excess().isEmpty();
    return new Reply(
        isExecuted || plainType.equals(Reply.JSON) ? 200 : 400, plainType, Map.of(), json);
  }

  /** A result sent as a stream of one event. */
  private record OneResult(byte[] json) implements EventStream {

    @Override
    public void writeTo(OutputStream out) throws IOException {
      GraphQlLive.Results form = new GraphQlLive.Results(change -> json);
      out.write(GraphQlLive.Results.next(json));
      out.write(form.end());
      out.flush();
    }

    @Override
    public void close() {}
  }

  private static Headers headers(Context http) {
    Optional<UUID> id = RequestHeaders.commandId(http);
    return new Headers(
        new Asked(
            id.orElseGet(UUID::randomUUID),
            RequestHeaders.expectedVersion(http),
            Preferences.of(RequestHeaders.all(http, "Prefer")),
            RequestHeaders.traceparent(http),
            RequestHeaders.actor(http)),
        id.isPresent());
  }

  // ---- before it is executed

  /** Thrown for what cannot be executed. */
  private static final class Rejected extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Map<String, Object>> errors;
    private final boolean isWellFormed;

    Rejected(boolean isWellFormed, List<Map<String, Object>> errors) {
      super("not executed", null, false, false);
      this.errors = errors;
      this.isWellFormed = isWellFormed;
    }

    Rejected(boolean isWellFormed, String what) {
      this(
          isWellFormed,
          List.of(GraphQlErrors.specified(Problem.of(GraphQlErrors.INVALID_QUERY, what))));
    }

    /** Under plain JSON a well-formed request is answered 200 whatever becomes of it. */
    int status(String contentType) {
      return isWellFormed && contentType.equals(Reply.JSON) ? 200 : 400;
    }

    byte[] body() {
      return failed(errors);
    }
  }

  private static byte[] failed(List<Map<String, Object>> errors) {
    return JsonCodec.object(Map.of("errors", errors)).bytes();
  }

  /** What stands for a problem that ends a stream. */
  static byte[] failed(byte[] problem) {
    Map<String, Object> fields = new LinkedHashMap<>();
    GraphQlViews.fields(problem).forEach((name, value) -> fields.put((String) name, value));
    Object detail = fields.remove("detail");
    fields.remove("type");
    fields.remove("title");
    return failed(List.of(GraphQlErrors.specified(String.valueOf(detail), fields)));
  }

  private static Request request(JsonObject body) throws Rejected {
    Map<?, ?> fields = JsonCodec.toRecord(body, Map.class);
    Object operation = fields.get("operationName");
    Object variables = fields.get("variables");
    Object extensions = fields.get("extensions");
    if (!(fields.get("query") instanceof String query)) {
      throw new Rejected(false, "query must be a string: the GraphQL document");
    }
    if (operation != null && !(operation instanceof String)) {
      throw new Rejected(false, "operationName must be a string");
    }
    if (variables != null && !(variables instanceof Map)) {
      throw new Rejected(false, "variables must be an object");
    }
    if (extensions != null && !(extensions instanceof Map)) {
      throw new Rejected(false, "extensions must be an object");
    }
    Map<String, Object> named = new LinkedHashMap<>();
    if (variables instanceof Map<?, ?> map) {
      map.forEach((name, value) -> named.put((String) name, value));
    }
    return new Request(query, Optional.ofNullable((String) operation), named);
  }

  private Prepared prepare(Request request, Headers headers) throws Rejected {
    Document document;
    OperationDefinition operation;
    int rootFields;
    try {
      document = document(request);
      operation = operation(document, request);
      rootFields = rootFields(document, request);
    } catch (GoodFaithIntrospectionExceeded e) {
      throw new Rejected(true, GraphQlErrors.specified(List.of(e.toBadFaithError())));
    } catch (GraphQLException e) {
      throw new Rejected(true, GraphQlErrors.specified(List.of(error(e))));
    }
    if (rootFields > MAX_ROOT_FIELDS) {
      throw new Rejected(
          true,
          "an operation may have %d fields at its root, and this one has %d"
              .formatted(MAX_ROOT_FIELDS, rootFields));
    }
    return new Prepared(
        request, document, operation.getOperation(), new GraphQlRun(headers, rootFields));
  }

  /** Variables that are not of their types, or too much of something. */
  private static GraphQLError error(GraphQLException thrown) {
    return thrown instanceof GraphQLError error
        ? error
        : GraphqlErrorBuilder.newError().message("%s", String.valueOf(thrown.getMessage())).build();
  }

  private Document document(Request request) throws Rejected {
    ParseAndValidateResult parsed =
        ParseAndValidate.parseAndValidate(
            schema,
            input(request)
                .graphQLContext(
                    Map.of(ParserOptions.class, PARSER, QueryComplexityLimits.KEY, LIMITS))
                .build());
    if (parsed.isFailure()) {
      throw new Rejected(true, GraphQlErrors.specified(parsed.getErrors()));
    }
    return Optional.ofNullable(parsed.getDocument()).orElseThrow();
  }

  private static ExecutionInput.Builder input(Request request) {
    return ExecutionInput.newExecutionInput()
        .query(request.query())
        .operationName(request.operationName().orElse(null))
        .variables(request.variables())
        .locale(Locale.ENGLISH);
  }

  private static OperationDefinition operation(Document document, Request request) throws Rejected {
    List<OperationDefinition> operations =
        document.getDefinitionsOfType(OperationDefinition.class).stream()
            .filter(
                it ->
                    request.operationName().isEmpty()
                        || request.operationName().get().equals(it.getName()))
            .toList();
    if (operations.size() != 1) {
      throw new Rejected(
          true,
          operations.isEmpty()
              ? "the document has no operation of this name"
              : "the document has several operations: say in operationName which is meant");
    }
    return operations.getFirst();
  }

  /** How many fields the root has, with those of fragments, without those that are skipped. */
  private int rootFields(Document document, Request request) {
    return ExecutableNormalizedOperationFactory.createExecutableNormalizedOperationWithRawVariables(
            schema,
            document,
            request.operationName().orElse(null),
            RawVariables.of(request.variables()),
            ExecutableNormalizedOperationFactory.Options.defaultOptions()
                .locale(Locale.ENGLISH)
                .maxChildrenDepth(MAX_DEPTH)
                .maxFieldsCount(MAX_FIELDS))
        .getTopLevelFields()
        .size();
  }

  // ---- execution

  private ExecutionResult execute(Prepared prepared) {
    ExecutionInput input =
        input(prepared.request())
            .graphQLContext(
                Map.of(
                    GraphQlRun.class,
                    prepared.run(),
                    PreparsedDocumentEntry.class,
                    new PreparsedDocumentEntry(prepared.document())))
            .build();
    prepared.run().executes(input);
    return graphQl.execute(input);
  }

  /** The result of a subscription for an event. */
  private byte[] next(Prepared prepared, Map<String, Object> change) {
    prepared.run().changed(change);
    return json(execute(prepared), prepared.run());
  }

  private static byte[] json(ExecutionResult result, GraphQlRun run) {
    if (run.excess().isPresent()) {
      return failed(List.of(GraphQlErrors.specified(run.excess().get())));
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    if (!result.getErrors().isEmpty()) {
      fields.put("errors", GraphQlErrors.specified(result.getErrors()));
    }
    if (result.isDataPresent()) {
      fields.put("data", result.getData());
    }
    return JsonCodec.object(fields).bytes();
  }
}
