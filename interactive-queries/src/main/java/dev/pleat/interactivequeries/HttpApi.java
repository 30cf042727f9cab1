package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.RouteRow.Endpoint;
import dev.pleat.interactivequeries.RouteRow.Method;
import dev.pleat.interactivequeries.RouteRow.Parameter;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Action;
import dev.pleat.schemas.DomainSchema.Creates;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.DomainSchema.Reads;
import dev.pleat.schemas.DomainSchema.Updates;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The HTTP API: the table of routes, and the server that serves it. To know all that can be asked,
 * read {@link #table}; the OpenAPI document at {@code /openapi.json} is made from the same table.
 *
 * <p>{@link #start} and {@link #close} are called by one thread.
 */
public final class HttpApi implements AutoCloseable {

  /**
   * What the API is joined to.
   *
   * @param schemas the domains that are served
   * @param logId says which incarnation of its event log a domain (by name) has: the topic's id
   */
  public record Parts(
      List<DomainSchema<?, ?>> schemas,
      Commands commands,
      Outcomes outcomes,
      Views views,
      CommandStatuses statuses,
      History history,
      LiveTopics live,
      Function<String, String> logId,
      Health health,
      ViewOperations operations,
      LogOperations log,
      PolicyOperations policies) {
    /** Keeps its own copy of the schemas. */
    public Parts {
      schemas = List.copyOf(schemas);
    }
  }

  static final List<Parameter> ROW = List.of(Parameter.TOKEN, Parameter.AFTER, Parameter.WAIT);
  static final List<Parameter> PAGE = with(ROW, Parameter.LIMIT, Parameter.CURSOR);
  private static final List<Parameter> COMMAND =
      with(
          ROW,
          Parameter.IDEMPOTENCY_KEY,
          Parameter.IF_MATCH,
          Parameter.IF_NONE_MATCH,
          Parameter.PREFER,
          Parameter.ACTOR,
          Parameter.TRACEPARENT,
          Parameter.DRY_RUN);
  private static final List<Parameter> GRAPHQL =
      List.of(
          Parameter.IDEMPOTENCY_KEY,
          Parameter.IF_MATCH,
          Parameter.IF_NONE_MATCH,
          Parameter.PREFER,
          Parameter.ACTOR,
          Parameter.TRACEPARENT);
  private static final List<Parameter> STATE = with(ROW, Parameter.AS_OF_VERSION, Parameter.AS_OF);
  private static final List<Parameter> FOLLOWED_ROW = with(ROW, Parameter.LAST_EVENT_ID);
  private static final List<Parameter> FOLLOWED_OR_PAST_ROW = with(STATE, Parameter.LAST_EVENT_ID);
  private static final List<Parameter> FOLLOWED_PAGE = with(PAGE, Parameter.LAST_EVENT_ID);
  private static final List<Parameter> EVENTS =
      with(FOLLOWED_PAGE, Parameter.EVENT_ORDER, Parameter.INCLUDE);
  private static final List<Parameter> REPLAY =
      with(ROW, Parameter.FROM_VERSION, Parameter.UNTIL_VERSION, Parameter.LIMIT, Parameter.CURSOR);
  static final List<Parameter> NONE = List.of();

  private static final String RESYNC =
      "An event named resync says that what follows is everything again; one named problem is an"
          + " error, and the end.";

  private static final List<Integer> CREATED =
      List.of(201, 200, 202, 400, 403, 406, 409, 412, 413, 415, 422, 500, 503);
  private static final List<Integer> UPDATED =
      List.of(200, 202, 400, 403, 406, 409, 412, 413, 415, 422, 500, 503);
  private static final List<Integer> SENT =
      List.of(200, 202, 400, 403, 404, 406, 409, 412, 413, 415, 422, 500, 503);
  static final List<Integer> LOOKED_UP = List.of(200, 400, 404, 406, 503);
  private static final List<Integer> INSPECTED = List.of(200, 400, 403, 404, 406, 503);
  static final List<Integer> DESCRIBED = List.of(200, 404, 406);
  private static final List<Integer> RESUMES = List.of(200, 404, 406, 409, 415);
  static final List<Integer> BEGINS = List.of(202, 400, 404, 406, 409, 413, 415, 503);
  private static final List<Integer> ALIVE = List.of(200, 406, 503);

  private static final String RUNTIME = "Pleat-Runtime";

  private final Parts parts;

  /** What stands in for Kafka; empty if nothing does. */
  private final Optional<String> runtime;

  private final CommandRoutes commands;
  private final ViewRoutes views;
  private final HistoryRoutes history;
  private final LiveRoutes live;
  private final StatusRoute status;
  private final OperatorRoutes operators;
  private final LogRoutes log;
  private final GraphQlRoute graphQl;
  private final List<RouteRow> table;
  private final byte[] openApi;
  private final WebServer server;

  /**
   * How much at once, and for how long.
   *
   * @param commandsUnderWay commands that are handed over at once
   * @param streamTime how long the status of a command can be followed in one go
   * @param standstill how long a connection may stand still; also one whose client does not read
   */
  record Limits(int commandsUnderWay, Duration streamTime, Duration standstill) {
    static final Limits DEFAULT = new Limits(20_000, Duration.ofMinutes(5), Duration.ofSeconds(30));
  }

  /**
   * An API that does not answer yet.
   *
   * @param listener where it will; closed by this from now on
   * @throws IllegalArgumentException if two routes serve the same requests
   */
  public HttpApi(Parts parts, Listener listener) {
    this(parts, listener, Limits.DEFAULT, InstantSource.system());
  }

  /**
   * The same over something that stands in for Kafka, which every answer says.
   *
   * @param runtime what that is, for the header {@code Pleat-Runtime}
   */
  public HttpApi(Parts parts, Listener listener, String runtime) {
    this(parts, listener, Limits.DEFAULT, InstantSource.system(), Optional.of(runtime));
  }

  HttpApi(Parts parts, Listener listener, Limits limits, InstantSource clock) {
    this(parts, listener, limits, clock, Optional.empty());
  }

  private HttpApi(
      Parts parts,
      Listener listener,
      Limits limits,
      InstantSource clock,
      Optional<String> runtime) {
    PendingCommands pending = new PendingCommands();
    this.parts = parts;
    this.runtime = runtime;
    this.views = new ViewRoutes(parts.views(), parts.logId());
    CommandIntake intake = new CommandIntake(parts, pending, limits.commandsUnderWay(), clock);
    this.commands = new CommandRoutes(intake, new DryRuns(parts.history(), views));
    this.history = new HistoryRoutes(parts.history(), views);
    this.live = new LiveRoutes(parts, views, clock);
    this.status = new StatusRoute(parts, pending, limits.streamTime());
    this.log = new LogRoutes(parts.log());
    this.graphQl = new GraphQlRoute(GraphQlSchema.of(parts.schemas(), intake, views, live));
    this.operators = new OperatorRoutes(parts.operations(), parts.policies());
    this.table = table(parts.schemas());
    this.openApi = OpenApi.document(table, parts.schemas()).bytes();
    this.server =
        new WebServer(
            table,
            Problem.ofStatus(404).detail(),
            listener,
            limits.standstill(),
            runtime.map(name -> Map.of(RUNTIME, name)).orElseGet(Map::of));
  }

  /** Answers from when this returns. */
  public void start() {
    server.start();
  }

  /** The port it listens on. */
  public int port() {
    return server.port();
  }

  /**
   * Takes no more requests, ends what is followed, lets the others under way end for 8 seconds at
   * most, and stops.
   */
  @Override
  public void close() {
    status.close();
    live.close();
    server.close();
  }

  // ---- the table

  List<RouteRow> table() {
    return table;
  }

  private List<RouteRow> table(List<DomainSchema<?, ?>> schemas) {
    List<RouteRow> rows = new ArrayList<>();
    for (DomainSchema<?, ?> schema : schemas) {
      addOwn(rows, schema);
      addGeneric(rows, schema);
      if (schema.takesCommands()) {
        addHistory(rows, schema, schemas);
        add(rows, log.rows(schema).toArray(RouteRow[]::new));
      }
    }
    add(
        rows,
        domains(schemas),
        get(
                "/commands/{id}",
                "What became of a command.",
                OpenApi.COMMAND_STATUS,
                List.of(Parameter.KEY),
                LOOKED_UP,
                status::status)
            .alsoFollowed(
                "Events named status, each with the same JSON on one line as data: the status now,"
                    + " then the outcome, then the end; after "
                    + Limits.DEFAULT.streamTime().toMinutes()
                    + " minutes the last status and the end."),
        get(
            "/views",
            "What generations of views there are, how far they have come, and where they stopped.",
            OpenApi.VIEWS,
            NONE,
            DESCRIBED,
            operators::views),
        graphQl());
    if (runtime.isPresent()) {
      rows.replaceAll(RouteRow::perhapsNotOffered);
    }
    addGeneral(rows, parts.health(), () -> openApi);
    return List.copyOf(rows);
  }

  private RouteRow graphQl() {
    return new RouteRow(
        Method.POST,
        GraphQlRoute.PATH,
        "Send commands, ask and follow views in GraphQL; its schema is had by introspection.",
        Optional.of(OpenApi.GRAPHQL_REQUEST),
        OpenApi.GRAPHQL_RESPONSE,
        GRAPHQL,
        List.of(200, 400, 403, 406, 413, 415),
        GraphQlRoute.CONTENT_TYPES,
        Optional.empty(),
        graphQl::answer);
  }

  static RouteRow domains(List<DomainSchema<?, ?>> schemas) {
    return get(
        "/domains",
        "What domains there are.",
        OpenApi.DOMAINS,
        NONE,
        DESCRIBED,
        request -> DomainDescription.list(schemas));
  }

  /** The routes about the process itself. */
  static void addGeneral(List<RouteRow> rows, Health health, Supplier<byte[]> openApi) {
    add(
        rows,
        get(
            "/health/live",
            "Whether this process does without a restart.",
            OpenApi.HEALTH,
            NONE,
            ALIVE,
            request -> health(health.live())),
        get(
            "/health/ready",
            "Whether requests can be sent here, and why not.",
            OpenApi.HEALTH,
            NONE,
            ALIVE,
            request -> health(health.ready())),
        get(
            "/openapi.json",
            "This document.",
            OpenApi.DOCUMENT,
            NONE,
            DESCRIBED,
            request -> Reply.json(200, openApi.get())));
  }

  /** A route that takes a command and answers what became of it. */
  private static RouteRow sends(
      Method method,
      String path,
      String summary,
      String body,
      DomainSchema<?, ?> schema,
      List<Integer> statuses,
      Endpoint endpoint) {
    return new RouteRow(
        method,
        path,
        summary,
        Optional.of(body),
        OpenApi.answer(schema),
        COMMAND,
        statuses,
        List.of(Reply.JSON),
        Optional.empty(),
        endpoint);
  }

  /** The routes a domain declares in its schema. */
  private <C> void addOwn(List<RouteRow> rows, DomainSchema<C, ?> schema) {
    for (DomainSchema.Route route : schema.routes()) {
      switch (route) {
        case Creates creates -> {
          Action<C> action = schema.action(creates.action()).orElseThrow();
          add(
              rows,
              sends(
                  Method.POST,
                  creates.path(),
                  "Send " + action.name() + " to a new aggregate.",
                  schema.idFormat() == IdFormat.UUID
                      ? OpenApi.dataWithoutId(schema, action)
                      : OpenApi.data(schema, action),
                  schema,
                  CREATED,
                  request -> commands.create(request, schema, action)));
        }
        case Updates updates -> {
          Action<C> action = schema.action(updates.action()).orElseThrow();
          add(
              rows,
              sends(
                  Method.PUT,
                  updates.path(),
                  "Send " + action.name() + " to the aggregate the path names.",
                  OpenApi.dataWithoutId(schema, action),
                  schema,
                  UPDATED,
                  request -> commands.update(request, schema, action)));
        }
        case Reads reads -> {
          View view = schema.view(reads.view()).orElseThrow();
          add(rows, row(reads.path(), schema, view, schema.keyField(view)));
        }
      }
    }
  }

  /** A row as it is, as it was, or as it changes. */
  private RouteRow row(String path, DomainSchema<?, ?> schema, View view, String keyParameter) {
    return get(
            path,
            "A row of the view " + view.name() + ".",
            OpenApi.row(schema, view),
            view.derived().isPresent() ? FOLLOWED_ROW : FOLLOWED_OR_PAST_ROW,
            LOOKED_UP,
            request ->
                RequestHeaders.wantsEvents(request)
                    ? live.row(request, schema, view, keyParameter)
                    : history.row(request, schema, view, keyParameter))
        .alsoFollowed(
            "Events named row: the row as it is, then as it becomes, none twice; or no-row where"
                + " there is none. "
                + RESYNC);
  }

  /**
   * What happened to an aggregate, beside where its row is read and where everything is; and what
   * the write side made of it.
   */
  private void addHistory(
      List<RouteRow> rows, DomainSchema<?, ?> schema, List<DomainSchema<?, ?>> schemas) {
    String base = "/domains/" + schema.name();
    add(
        rows,
        events(base + "/events/{key}", schema, "key"),
        get(
            base + "/state/{key}",
            "The decider's state as it is or was; on the same machine only.",
            OpenApi.STATE,
            STATE,
            INSPECTED,
            request -> history.state(request, schema)),
        get(
            base + "/replay/{key}",
            "Each event with the state and the rows after it; on the same machine only.",
            OpenApi.REPLAY,
            REPLAY,
            INSPECTED,
            request -> history.replay(request, schema)));
    Representation.of(schema, schemas)
        .map(Representation::path)
        .filter(path -> path.endsWith("/{" + schema.idField() + "}"))
        .ifPresent(path -> add(rows, events(path + "/events", schema, schema.idField())));
  }

  private RouteRow events(String path, DomainSchema<?, ?> schema, String idParameter) {
    return get(
            path,
            "What happened to an aggregate of " + schema.name() + ", in the order of versions.",
            OpenApi.EVENTS,
            EVENTS,
            LOOKED_UP,
            request ->
                RequestHeaders.wantsEvents(request)
                    ? live.events(request, schema, idParameter)
                    : history.events(request, schema, idParameter))
        .alsoFollowed(
            "Events named event: all there are and all to come, each once, in the order of"
                + " versions; the id is the version.");
  }

  /** The routes that every domain has. */
  private void addGeneric(List<RouteRow> rows, DomainSchema<?, ?> schema) {
    String base = "/domains/" + schema.name();
    add(
        rows,
        get(
            base,
            "What can be said to this domain and asked of it.",
            OpenApi.DOMAIN,
            NONE,
            DESCRIBED,
            request -> DomainDescription.of(schema, table, runtime.isEmpty())));
    if (schema.takesCommands()) {
      add(
          rows,
          sends(
              Method.POST,
              base + "/commands/{action}",
              "Send any action, with its full data as the body.",
              OpenApi.anyData(schema),
              schema,
              SENT,
              request -> commands.send(request, schema)));
    }
    for (DeclaredPolicy policy : schema.policies()) {
      String path = base + "/policies/" + policy.name();
      add(
          rows,
          operates(
              path + "/continue",
              "React again to the event at which the policy stopped.",
              OpenApi.NOTHING,
              OpenApi.RESUMED,
              RESUMES,
              request -> operators.resume(request, schema, policy, false)),
          operates(
              path + "/skip",
              "Go on without the event at which the policy stopped.",
              OpenApi.NOTHING,
              OpenApi.RESUMED,
              RESUMES,
              request -> operators.resume(request, schema, policy, true)));
    }
    for (View view : schema.views()) {
      String path = base + "/views/" + view.name();
      add(
          rows,
          get(
                  path,
                  "The rows of the view " + view.name() + ", page by page, in the order of keys.",
                  OpenApi.page(schema, view),
                  FOLLOWED_PAGE,
                  LOOKED_UP,
                  request ->
                      RequestHeaders.wantsEvents(request)
                          ? live.rows(request, schema, view)
                          : views.page(request, schema, view))
              .alsoFollowed(
                  "Events named row and no-row: the rows there are, then up-to-date, then what"
                      + " changes, selected by prefix, from and before. "
                      + RESYNC),
          row(path + "/{key}", schema, view, "key"),
          operates(
              path + "/continue",
              "Fold the event again at which the view stopped.",
              OpenApi.NOTHING,
              OpenApi.RESUMED,
              RESUMES,
              request -> operators.resume(request, schema, view, false)),
          operates(
              path + "/skip",
              "Go on without the event at which the view stopped.",
              OpenApi.NOTHING,
              OpenApi.RESUMED,
              RESUMES,
              request -> operators.resume(request, schema, view, true)),
          operates(
              path + "/rebuild",
              "Make the view anew from the events beside the one that serves, and switch.",
              OpenApi.PACE,
              OpenApi.BEGUN,
              BEGINS,
              request -> operators.rebuild(request, schema, view)),
          operates(
              path + "/cancel",
              "Give up a rebuild.",
              OpenApi.NOTHING,
              OpenApi.BEGUN,
              BEGINS,
              request -> operators.cancel(request, schema, view)));
    }
  }

  static RouteRow operates(
      String path,
      String summary,
      String body,
      String answer,
      List<Integer> statuses,
      Endpoint endpoint) {
    return new RouteRow(
        Method.POST,
        path,
        summary,
        Optional.of(body),
        answer,
        NONE,
        statuses,
        List.of(Reply.JSON),
        Optional.empty(),
        endpoint);
  }

  private static List<Parameter> with(List<Parameter> parameters, Parameter... more) {
    return Stream.concat(parameters.stream(), Stream.of(more)).toList();
  }

  static RouteRow get(
      String path,
      String summary,
      String answer,
      List<Parameter> parameters,
      List<Integer> statuses,
      Endpoint endpoint) {
    return new RouteRow(
        Method.GET,
        path,
        summary,
        Optional.empty(),
        answer,
        parameters,
        statuses,
        List.of(Reply.JSON),
        Optional.empty(),
        endpoint);
  }

  static void add(List<RouteRow> rows, RouteRow... more) {
    Set<String> served = new HashSet<>();
    rows.forEach(row -> served.add(row.method() + " " + row.shape()));
    for (RouteRow row : more) {
      if (!served.add(row.method() + " " + row.shape())) {
        throw new IllegalArgumentException("two routes serve " + row.method() + " " + row.path());
      }
      rows.add(row);
    }
  }

  // ---- what describes itself

  private static Reply health(List<Health.Role> roles) {
    boolean up = roles.stream().allMatch(Health.Role::up);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("status", up ? "up" : "down");
    fields.put(
        "roles",
        roles.stream()
            .map(
                role -> {
                  Map<String, Object> entry = new LinkedHashMap<>();
                  entry.put("name", role.name());
                  entry.put("status", role.up() ? "up" : "down");
                  role.reason().ifPresent(reason -> entry.put("reason", reason));
                  return entry;
                })
            .toList());
    return Reply.json(up ? 200 : 503, fields);
  }
}
