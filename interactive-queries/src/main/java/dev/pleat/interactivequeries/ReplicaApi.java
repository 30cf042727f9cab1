package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Reads;
import dev.pleat.schemas.DomainSchema.View;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * The HTTP API of a replica: the routes by which its views are read, as {@link HttpApi} has them,
 * and no others. Every answer from a copy says how old it is.
 *
 * <p>{@link #start} and {@link #close} are called by one thread.
 */
public final class ReplicaApi implements AutoCloseable {

  private static final String NOTHING =
      "there is nothing at this path: this is a replica, which answers GET of the views it copies;"
          + " GET /domains names them, an instance of the cluster has the rest";

  /** No token names this one. */
  private static final String NO_LOG = "";

  /** Each holds an iterator over files that cannot be deleted meanwhile. */
  private static final int MAX_PAGES_AT_ONCE = 100;

  /**
   * What the API is joined to.
   *
   * @param views what is copied
   */
  public record Parts(List<Copied> views, ViewCopies copies, Health health) {
    /** Keeps its own copy of the views. */
    public Parts {
      views = List.copyOf(views);
    }
  }

  /** A view that is copied. */
  public record Copied(DomainSchema<?, ?> schema, View view) {

    /** As people write it: {@code catalogue/product-page}. */
    public String name() {
      return schema.name() + "/" + view.name();
    }
  }

  private final Parts parts;
  private final InstantSource clock;
  private final CopiedViews.Bounds bounds =
      new CopiedViews.Bounds(new Patience(), new Semaphore(MAX_PAGES_AT_ONCE));
  private final List<RouteRow> table;
  private final byte[] openApi;
  private final WebServer server;

  /**
   * An API that does not answer yet.
   *
   * @param listener where it will; closed by this from now on
   * @param clock says how old a copy is
   */
  public ReplicaApi(Parts parts, Listener listener, InstantSource clock) {
    this.parts = parts;
    this.clock = clock;
    List<DomainSchema<?, ?>> schemas = new ArrayList<>();
    for (Copied copied : parts.views()) {
      if (!schemas.contains(copied.schema())) {
        schemas.add(copied.schema());
      }
    }
    this.table = table(schemas);
    this.openApi = OpenApi.document(table, schemas).bytes();
    this.server =
        new WebServer(table, NOTHING, listener, HttpApi.Limits.DEFAULT.standstill(), Map.of());
  }

  /** Answers from when this returns. */
  public void start() {
    server.start();
  }

  /** The port it listens on. */
  public int port() {
    return server.port();
  }

  /** Takes no more requests, lets those under way end for 8 seconds at most, and stops. */
  @Override
  public void close() {
    server.close();
  }

  private List<RouteRow> table(List<DomainSchema<?, ?>> schemas) {
    List<RouteRow> rows = new ArrayList<>();
    for (DomainSchema<?, ?> schema : schemas) {
      HttpApi.add(
          rows,
          HttpApi.get(
              "/domains/" + schema.name(),
              "Which views of this domain are copied here, and how they are read.",
              OpenApi.DOMAIN,
              HttpApi.NONE,
              HttpApi.DESCRIBED,
              request -> Reply.json(200, described(schema))));
    }
    parts.views().forEach(copied -> addView(rows, copied));
    HttpApi.add(rows, HttpApi.domains(schemas));
    HttpApi.addGeneral(rows, parts.health(), () -> openApi);
    return List.copyOf(rows);
  }

  private void addView(List<RouteRow> rows, Copied copied) {
    DomainSchema<?, ?> schema = copied.schema();
    View view = copied.view();
    schema.routes().stream()
        .filter(route -> route instanceof Reads reads && reads.view().equals(view.name()))
        .forEach(route -> HttpApi.add(rows, row(route.path(), copied, schema.keyField(view))));
    String path = "/domains/" + schema.name() + "/views/" + view.name();
    HttpApi.add(
        rows,
        HttpApi.get(
            path,
            "The rows of the copy of " + view.name() + ", page by page, in the order of keys.",
            OpenApi.page(schema, view),
            HttpApi.PAGE,
            HttpApi.LOOKED_UP,
            request -> answer(copied, views -> views.page(request, schema, view))),
        row(path + "/{key}", copied, "key"));
  }

  private RouteRow row(String path, Copied copied, String keyParameter) {
    return HttpApi.get(
        path,
        "A row of the copy of " + copied.view().name() + ".",
        OpenApi.row(copied.schema(), copied.view()),
        HttpApi.ROW,
        HttpApi.LOOKED_UP,
        request -> {
          HistoryRoutes.refuseAsOf(
              request, "a replica has rows as they are: ask an instance of the cluster");
          return answer(
              copied, views -> views.row(request, copied.schema(), copied.view(), keyParameter));
        });
  }

  /** What a copy answers, with how old that is. */
  private Reply answer(Copied copied, Function<ViewRoutes, Reply> ask) {
    Map<String, String> logIds = logIds(copied);
    CopiedViews copies = new CopiedViews(parts.copies(), bounds);
    Reply reply = ask.apply(new ViewRoutes(copies, domain -> logIds.getOrDefault(domain, NO_LOG)));
    return copies
        .state()
        .map(
            state ->
                reply
                    .with("Age", Long.toString(ageSeconds(state)))
                    .with("Pleat-Position", state.position()))
        .orElse(reply);
  }

  /** Tokens are held against these before anything is looked up, so there must be a copy. */
  private Map<String, String> logIds(Copied copied) {
    Optional<CopyReading> open = parts.copies().open(copied.schema(), copied.view());
    if (open.isEmpty()) {
      throw Refusal.of(
          Answer.REPLICA_NOT_COMPLETE, parts.copies().missing(copied.schema(), copied.view()));
    }
    try (CopyReading copy = open.get()) {
      return copy.logIds();
    }
  }

  private long ageSeconds(CopyState state) {
    // A clock that was set back must not make a copy younger than new.
    return Math.max(0, Duration.between(state.level(), clock.instant()).toSeconds());
  }

  private Map<String, Object> described(DomainSchema<?, ?> schema) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", schema.name());
    fields.put(
        "views",
        parts.views().stream()
            .filter(copied -> copied.schema().equals(schema))
            .map(copied -> copied.view().name())
            .toList());
    fields.put("routes", DomainDescription.routes(schema, table));
    return fields;
  }
}
