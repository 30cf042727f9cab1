package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Everything that can be said to a domain and asked of it, by name: topics, actions, events, views
 * and HTTP routes. It is all that the write side, the read side and the HTTP API have to agree on.
 * Immutable.
 *
 * @param <C> the sealed interface of the domain's commands, each a record
 * @param <E> the sealed interface of the domain's events, each a record
 */
public final class DomainSchema<C, E> {

  /** The reason every action may be rejected with, declared or not. */
  public static final String NOT_AUTHORISED = "not-authorised";

  private static final String VERSION = "version";
  private static final int MAX_ID_BYTES = 256;
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final Pattern PATH = Pattern.compile("/[a-z0-9-]+(/(\\{[a-z0-9-]+}|[a-z0-9-]+))*");

  /** What the ids of a domain's aggregates look like. */
  public enum IdFormat {
    /** A UUID in its usual form: 36 characters, lower case. */
    UUID,
    /** Any text of 1 to 256 bytes in UTF-8 without control characters. */
    TEXT;

    /** Whether this text is such an id. */
    public boolean accepts(String id) {
      return switch (this) {
        case UUID -> JsonCodec.uuid(id).isPresent();
        case TEXT -> isUsableAsKey(id);
      };
    }
  }

  /**
   * A command type.
   *
   * @param name what the field {@code action} says, the record's simple name
   * @param type the record
   * @param reasons what it may be rejected with, beside {@link #NOT_AUTHORISED}
   */
  public record Action<C>(String name, Class<? extends C> type, Set<String> reasons) {

    /** Whether the decider may reject this action with this reason. */
    public boolean mayBeRejectedFor(String reason) {
      return reasons.contains(reason) || reason.equals(NOT_AUTHORISED);
    }
  }

  /**
   * A read model that can be queried, keyed by the aggregate's id.
   *
   * @param name its name in routes, for example {@code values}
   * @param row the record of its rows
   */
  public record View(String name, Class<? extends Record> row) {

    /**
     * The state store of the rows: key (UTF-8) to JSON with the aggregate's {@code version} as its
     * last field.
     */
    public String rowsStore() {
      return name;
    }

    /** The state store of the last version seen: key (UTF-8) to an 8-byte integer. */
    public String seenStore() {
      return name + "-seen";
    }

    /** The state store of the partitions that stopped: 4-byte partition to JSON. */
    public String stoppedStore() {
      return name + "-stopped";
    }
  }

  /** A route of the domain's own, beside those every domain has. */
  public sealed interface Route {
    /** The path, in which {@code {aggregate-id-field}} stands for the aggregate's id. */
    String path();
  }

  /** {@code POST path} sends the action to a new aggregate, whose id derives from the command's. */
  public record Creates(String path, String action) implements Route {}

  /** {@code PUT path} sends the action to the aggregate that the path names. */
  public record Updates(String path, String action) implements Route {}

  /** {@code GET path} reads the row that the path names. */
  public record Reads(String path, String view) implements Route {}

  private final String name;
  private final String idField;
  private final IdFormat idFormat;
  private final Map<String, Action<C>> actions;
  private final Map<String, Class<? extends E>> events;
  private final Map<String, View> views;
  private final List<Route> routes;
  private final JsonSchemas jsonSchemas;

  private DomainSchema(Builder<C, E> builder, Map<String, Class<? extends E>> events) {
    this.name = builder.name;
    this.idField = builder.idField;
    this.idFormat = builder.idFormat;
    this.actions = Map.copyOf(builder.actions);
    this.events = events;
    this.views = Map.copyOf(builder.views);
    this.routes = List.copyOf(builder.routes);
    this.jsonSchemas =
        JsonSchemas.load(
            builder.commandType,
            name,
            Stream.of(actions.keySet(), events.keySet(), views.keySet())
                .flatMap(Set::stream)
                .sorted()
                .toList());
  }

  /**
   * Begins the schema of a domain.
   *
   * @param name lower case letters, digits and dashes; topics and routes begin with it
   */
  public static <C, E> Builder<C, E> of(String name, Class<C> commands, Class<E> events) {
    return new Builder<>(name, commands, events);
  }

  /** Whether a record key may be an aggregate's id: 1 to 256 bytes, no control characters. */
  public static boolean isUsableAsKey(String id) {
    if (id.isEmpty() || id.length() > MAX_ID_BYTES) {
      return false;
    }
    boolean ascii = true;
    for (int i = 0; i < id.length(); i++) {
      char each = id.charAt(i);
      if (Character.isISOControl(each)) {
        return false;
      }
      ascii &= each < 0x80;
    }
    return ascii || id.getBytes(UTF_8).length <= MAX_ID_BYTES;
  }

  /** The name of the domain. */
  public String name() {
    return name;
  }

  /** The field of every command's data that holds the aggregate's id, and the record key too. */
  public String idField() {
    return idField;
  }

  /** What the ids of the aggregates look like. */
  public IdFormat idFormat() {
    return idFormat;
  }

  /** The command type of this name. */
  public Optional<Action<C>> action(String action) {
    return Optional.ofNullable(actions.get(action));
  }

  /** All command types, by name. */
  public List<Action<C>> actions() {
    return sorted(actions);
  }

  /** The record of an event's action. */
  public Optional<Class<? extends E>> event(String action) {
    return Optional.ofNullable(events.get(action));
  }

  /** The names of all events. */
  public List<String> events() {
    return events.keySet().stream().sorted().toList();
  }

  /** The view of this name. */
  public Optional<View> view(String view) {
    return Optional.ofNullable(views.get(view));
  }

  /** All views, by name. */
  public List<View> views() {
    return sorted(views);
  }

  /** The routes of the domain's own. */
  public List<Route> routes() {
    return routes;
  }

  /** The JSON Schemas of the actions, events and views, by name. */
  public JsonSchemas jsonSchemas() {
    return jsonSchemas;
  }

  /** The topic of the commands. */
  public String commandsTopic() {
    return name + ".commands";
  }

  /** The topic of the events: the source of truth. */
  public String eventsTopic() {
    return name + ".events";
  }

  /** The topic of the outcomes. */
  public String outcomesTopic() {
    return name + ".outcomes";
  }

  /** The topic of the records that could not be read as a command at all. */
  public String deadLettersTopic() {
    return name + ".dead-letters";
  }

  /** The compacted topic that records what the other topics were created as. */
  public String manifestTopic() {
    return name + ".manifest";
  }

  @Override
  public String toString() {
    return "domain " + name;
  }

  private static <T> List<T> sorted(Map<String, T> byName) {
    return byName.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Collects what a domain consists of; {@link #build} checks that it fits together. */
  public static final class Builder<C, E> {
    private final String name;
    private final Class<C> commandType;
    private final Class<E> eventType;
    private final Map<String, Action<C>> actions = new LinkedHashMap<>();
    private final Map<String, View> views = new LinkedHashMap<>();
    private final List<Route> routes = new ArrayList<>();
    private String idField = "id";
    private IdFormat idFormat = IdFormat.TEXT;

    private Builder(String name, Class<C> commandType, Class<E> eventType) {
      this.name = name;
      this.commandType = commandType;
      this.eventType = eventType;
    }

    /** The field of every command's data that holds the aggregate's id, and what it looks like. */
    public Builder<C, E> identifiedBy(String field, IdFormat format) {
      idField = field;
      idFormat = format;
      return this;
    }

    /** A command type and everything its decision may be rejected with. */
    public Builder<C, E> action(Class<? extends C> type, String... reasons) {
      actions.put(type.getSimpleName(), new Action<>(type.getSimpleName(), type, Set.of(reasons)));
      return this;
    }

    /** A view, keyed by the aggregate's id. */
    public Builder<C, E> view(String view, Class<? extends Record> row) {
      views.put(view, new View(view, row));
      return this;
    }

    /** {@code POST path} sends this action to a new aggregate. */
    public Builder<C, E> creates(String path, Class<? extends C> action) {
      routes.add(new Creates(path, action.getSimpleName()));
      return this;
    }

    /** {@code PUT path} sends this action to the aggregate the path names. */
    public Builder<C, E> updates(String path, Class<? extends C> action) {
      routes.add(new Updates(path, action.getSimpleName()));
      return this;
    }

    /** {@code GET path} reads a row of this view. */
    public Builder<C, E> reads(String path, String view) {
      routes.add(new Reads(path, view));
      return this;
    }

    /**
     * The schema.
     *
     * @throws IllegalArgumentException if names, routes, records and JSON Schema files do not fit
     *     together; the message says which
     */
    public DomainSchema<C, E> build() {
      require(NAME.matcher(name).matches(), "domain name " + name + " is not " + NAME);
      Map<String, Class<? extends E>> events = new LinkedHashMap<>();
      permitted(eventType).forEach(type -> events.put(type.getSimpleName(), type));
      for (Class<? extends C> type : permitted(commandType)) {
        require(
            actions.containsKey(type.getSimpleName()),
            type.getSimpleName() + " is a command but not declared as an action");
        require(
            !events.containsKey(type.getSimpleName()),
            type.getSimpleName() + " is the name of a command and of an event");
      }
      actions.values().forEach(Builder::check);
      views.keySet().forEach(view -> require(NAME.matcher(view).matches(), "view name " + view));
      views.values().forEach(Builder::check);
      routes.forEach(this::check);
      return new DomainSchema<>(this, Map.copyOf(events));
    }

    private static void check(Action<?> action) {
      for (String reason : action.reasons()) {
        require(
            NAME.matcher(reason).matches()
                && !Outcome.REMEMBERED.contains(reason)
                && !Outcome.NOT_REMEMBERED.contains(reason),
            action.name() + ": " + reason + " is no reason of the domain's own in kebab-case");
      }
    }

    private static void check(View view) {
      for (RecordComponent component : view.row().getRecordComponents()) {
        require(
            !component.getName().equals(VERSION),
            "the rows of "
                + view.name()
                + " have a component named version; the engine adds the aggregate's");
      }
    }

    private void check(Route route) {
      String path = route.path();
      String parameter = "{" + idField + "}";
      require(PATH.matcher(path).matches(), "route " + path + " is not " + PATH);
      boolean namesAggregate =
          switch (route) {
            case Creates creates -> {
              require(actions.containsKey(creates.action()), path + ": no such action");
              require(idFormat == IdFormat.UUID, path + ": only ids that are UUIDs can be made");
              yield false;
            }
            case Updates updates -> {
              require(actions.containsKey(updates.action()), path + ": no such action");
              yield true;
            }
            case Reads reads -> {
              require(views.containsKey(reads.view()), path + ": no view " + reads.view());
              yield true;
            }
          };
      Set<String> parameters = new HashSet<>(List.of(path.split("/")));
      parameters.removeIf(segment -> !segment.startsWith("{"));
      require(
          parameters.equals(namesAggregate ? Set.of(parameter) : Set.of()),
          "route "
              + path
              + " must have "
              + (namesAggregate ? "just " + parameter : "no parameter"));
    }

    private static <T> List<Class<? extends T>> permitted(Class<T> sealed) {
      require(sealed.isInterface() && sealed.isSealed(), sealed + " is not a sealed interface");
      return Arrays.stream(sealed.getPermittedSubclasses())
          .<Class<? extends T>>map(type -> type.asSubclass(sealed))
          .peek(type -> require(type.isRecord(), type + " is not a record"))
          .toList();
    }

    private static void require(boolean condition, String message) {
      if (!condition) {
        throw new IllegalArgumentException(message);
      }
    }
  }
}
