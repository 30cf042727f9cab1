package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec.JsonObject;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.UnaryOperator;
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

  /** The name of the application that decides all commands again; no view may have it. */
  public static final String LOG = "log";

  /** The number of the log that every domain has to begin with. */
  public static final int FIRST_LOG = 1;

  private static final String POLICY_ACTOR = "policy:";
  private static final String EFFECT_ACTOR = "effect:";
  private static final String VERSION = "version";
  private static final int MAX_ID_BYTES = 256;

  /** What a list of rows takes beside indexes. */
  private static final Set<String> PARAMETERS =
      Set.of("limit", "cursor", "order", "prefix", "from", "before", "after", "wait");

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
   * A read model that can be queried.
   *
   * @param name its name in routes, for example {@code values}
   * @param row the record of its rows
   * @param derived how it is keyed, if not by the aggregate's id
   * @param indexes by what else its rows are found, and in which orders they are listed
   * @param version of what makes the rows and the indexes, from 1: a view of another version is
   *     made anew from the events
   */
  public record View(
      String name,
      Class<? extends Record> row,
      Optional<Derived> derived,
      List<Index> indexes,
      int version) {

    /** Keeps its own copy of the indexes. */
    public View {
      indexes = List.copyOf(indexes);
    }

    private View with(Index index) {
      return new View(
          name, row, derived, Stream.concat(indexes.stream(), Stream.of(index)).toList(), version);
    }

    private View onLogs(Map<String, Integer> logs) {
      return new View(name, row, derived.map(it -> it.onLogs(logs)), indexes, version);
    }

    private View inVersion(int number) {
      return new View(name, row, derived, indexes, number);
    }

    /** The index of this name. */
    public Optional<Index> index(String index) {
      return indexes.stream().filter(it -> it.name().equals(index)).findFirst();
    }

    /** The state store of the indexes, whose keys {@link IndexKey} makes. */
    public String indexStore() {
      return name + "-index";
    }

    /**
     * The state store of the rows: key (UTF-8) to JSON. Unless the view is derived, the last field
     * is the aggregate's {@code version}.
     */
    public String rowsStore() {
      return name;
    }

    /**
     * Whether a version found in a row was seen by all of the view, so that it need not be written
     * by itself, too. Of an index it may be on its way still.
     */
    public boolean isSeenInRows() {
      return derived.isEmpty() && indexes.isEmpty();
    }

    /** The first step of the view over the events of this domain. */
    public Guard guard(DomainSchema<?, ?> source) {
      return new Guard(derived.isEmpty() ? name : name + "-" + source.name());
    }
  }

  /** How the rows of a view are found otherwise than by their key. */
  public sealed interface Index {
    /** Its name: of a query parameter, or of a value of the parameter {@code order}. */
    String name();

    /** What a text means that a row is found by, or that is looked up. */
    UnaryOperator<String> normalForm();
  }

  /**
   * Finds rows by a text, of which a row may have several.
   *
   * @param normalForm what a text means; pure, and for its own result the same again
   */
  public record ByText(String name, UnaryOperator<String> normalForm) implements Index {}

  /** Lists rows by a number each may have, the smallest first. */
  public record Order(String name) implements Index {

    @Override
    public UnaryOperator<String> normalForm() {
      return UnaryOperator.identity();
    }
  }

  /**
   * How a view is keyed that is made from more than one aggregate, or found by something else than
   * the aggregate's id. Its rows have no version: they are no aggregate's.
   *
   * @param keyField the field of the rows that holds their key
   * @param keyFormat what the keys look like
   * @param sources the domains whose events it is made from; empty for the view's own domain alone
   */
  public record Derived(String keyField, IdFormat keyFormat, List<DomainSchema<?, ?>> sources) {
    /** Keeps its own copy of the sources. */
    public Derived {
      sources = List.copyOf(sources);
    }

    private Derived onLogs(Map<String, Integer> logs) {
      return new Derived(keyField, keyFormat, allOnLogs(sources, logs));
    }
  }

  /**
   * What a row of a view says by being there.
   *
   * @param idField the field of the rows that holds the id of what they stand for
   * @param fact what is so of it while there is a row, for example {@code invited}
   */
  public record StandsFor(String idField, String fact) {}

  /** The first step of a view or policy over the events of a domain, and its stores' names. */
  public record Guard(String name) {

    /**
     * The state store of the last version seen: aggregate id (UTF-8) to an 8-byte integer. Where
     * {@link View#isSeenInRows} it has those of which no row says it.
     */
    public String seenStore() {
      return name + "-seen";
    }

    /** The state store of events whose command is not complete: aggregate id to a list of bytes. */
    public String heldStore() {
      return name + "-held";
    }

    /** The state store of a policy's processed positions: 4-byte partition to a position. */
    public String positionStore() {
      return name + "-position";
    }

    /** The state store of the partitions that stopped: 4-byte partition to JSON. */
    public String stoppedStore() {
      return name + "-stopped";
    }
  }

  /**
   * A policy as its domain declares it: to whose events it reacts, and to whom it sends commands.
   *
   * @param name its name, for example {@code enrolling}; part of the ids of its commands
   * @param sources the domains whose events it reacts to; empty for its own domain alone
   * @param targets the domains it sends commands to; empty for its own domain alone
   * @param beginning what it does about events that were there before it
   */
  public record DeclaredPolicy(
      String name,
      List<DomainSchema<?, ?>> sources,
      List<DomainSchema<?, ?>> targets,
      Beginning beginning) {

    /** Keeps its own copies. */
    public DeclaredPolicy {
      sources = List.copyOf(sources);
      targets = List.copyOf(targets);
    }

    private DeclaredPolicy onLogs(Map<String, Integer> logs) {
      return new DeclaredPolicy(
          name, allOnLogs(sources, logs), allOnLogs(targets, logs), beginning);
    }

    /** The state store of what the policy remembers: aggregate id (UTF-8) to bytes. */
    public String stateStore() {
      return name + "-state";
    }

    /** The state store of its deadlines: time and place to a command. */
    public String deadlinesStore() {
      return name + "-deadlines";
    }

    /** The state store of the times of its deadlines: place to a time. */
    public String deadlineTimesStore() {
      return name + "-deadline-times";
    }

    /** Its stores, beside those of the guards. */
    public List<String> stores() {
      return List.of(stateStore(), deadlinesStore(), deadlineTimesStore());
    }

    /** The first step of the policy over the events of a domain. */
    public Guard guard(DomainSchema<?, ?> source) {
      return new Guard(name + "-" + source.name());
    }
  }

  /** What a policy does about events that were on the log before it was. */
  public enum Beginning {
    /** It reacts to them as if they happened now. */
    FIRST_EVENT,
    /** It folds them into its own state, and sends nothing because of them. */
    NOW
  }

  /** A route of the domain's own, beside those every domain has. */
  public sealed interface Route {
    /** The path, in which {@code {aggregate-id-field}} stands for the aggregate's id. */
    String path();
  }

  /**
   * {@code POST path} sends the action to a new aggregate. An id that is a UUID derives from the
   * command's; one that is text is in the body.
   */
  public record Creates(String path, String action) implements Route {}

  /** {@code PUT path} sends the action to the aggregate that the path names. */
  public record Updates(String path, String action) implements Route {}

  /** {@code GET path} reads the row whose key the path names. */
  public record Reads(String path, String view) implements Route {}

  private final String name;
  private final String idField;
  private final IdFormat idFormat;
  private final UnaryOperator<String> normalForm;
  private final Map<String, Action<C>> actions;
  private final Map<String, Class<? extends E>> events;
  private final Map<String, View> views;
  private final Map<String, StandsFor> standFor;
  private final Map<String, Set<String>> alreadySo;
  private final Map<String, DeclaredPolicy> policies;
  private final Map<String, List<Upcaster>> upcasters;
  private final List<Route> routes;
  private final JsonSchemas jsonSchemas;
  private final int log;

  private DomainSchema(Builder<C, E> builder, Map<String, Class<? extends E>> events) {
    this.name = builder.name;
    this.idField = builder.idField;
    this.idFormat = builder.idFormat;
    this.normalForm = builder.normalForm;
    this.actions = Map.copyOf(builder.actions);
    this.events = events;
    this.views = Map.copyOf(builder.views);
    this.standFor = Map.copyOf(builder.standFor);
    this.alreadySo = Map.copyOf(builder.alreadySo);
    this.policies = Map.copyOf(builder.policies);
    this.upcasters = Map.copyOf(builder.upcasters);
    this.routes = List.copyOf(builder.routes);
    this.jsonSchemas =
        JsonSchemas.load(
            builder.anchor,
            name,
            Stream.of(actions.keySet(), events.keySet(), views.keySet())
                .flatMap(Set::stream)
                .sorted()
                .toList());
    this.log = FIRST_LOG;
  }

  private DomainSchema(
      DomainSchema<C, E> of,
      Map<String, View> views,
      Map<String, DeclaredPolicy> policies,
      int log) {
    this.name = of.name;
    this.idField = of.idField;
    this.idFormat = of.idFormat;
    this.normalForm = of.normalForm;
    this.actions = of.actions;
    this.events = of.events;
    this.views = Map.copyOf(views);
    this.policies = Map.copyOf(policies);
    this.upcasters = of.upcasters;
    this.standFor = of.standFor;
    this.alreadySo = of.alreadySo;
    this.routes = of.routes;
    this.jsonSchemas = of.jsonSchemas;
    this.log = log;
  }

  /**
   * Begins the schema of a domain.
   *
   * @param name lower case letters, digits and dashes; topics and routes begin with it
   */
  public static <C, E> Builder<C, E> of(String name, Class<C> commands, Class<E> events) {
    return new Builder<>(name, commands, events, commands);
  }

  /**
   * Begins the schema of a domain that takes no commands: it only shows what others say, and has
   * policies between them.
   *
   * @param anchor a class beside whose package the JSON Schemas lie on the class path
   */
  public static Builder<Void, Void> ofViews(String name, Class<?> anchor) {
    return new Builder<>(name, Void.class, Void.class, anchor);
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

  /**
   * The same domain where its log, and those its views are made from, are other generations than
   * the first. Of a domain that is not among these it stays as it is.
   *
   * @param logs the number of the log, by the name of the domain
   */
  public DomainSchema<C, E> onLogs(Map<String, Integer> logs) {
    Map<String, View> mapped = new LinkedHashMap<>();
    views.forEach((view, declared) -> mapped.put(view, declared.onLogs(logs)));
    Map<String, DeclaredPolicy> reacting = new LinkedHashMap<>();
    policies.forEach((policy, declared) -> reacting.put(policy, declared.onLogs(logs)));
    return new DomainSchema<>(this, mapped, reacting, logs.getOrDefault(name, log));
  }

  /** The same domain on this generation of its log. */
  public DomainSchema<C, E> onLog(int number) {
    return onLogs(Map.of(name, number));
  }

  /** Which generation of its log the topics are named after; {@link #FIRST_LOG} to begin with. */
  public int log() {
    return log;
  }

  private static List<DomainSchema<?, ?>> allOnLogs(
      List<DomainSchema<?, ?>> schemas, Map<String, Integer> logs) {
    return schemas.stream().<DomainSchema<?, ?>>map(schema -> schema.onLogs(logs)).toList();
  }

  private String ofLog(String topic) {
    return log == FIRST_LOG ? topic : topic + ".g" + log;
  }

  /** The name of the domain. */
  public String name() {
    return name;
  }

  /**
   * The field of every command's data that holds the aggregate's id; {@link #aggregateId} of it is
   * the record key.
   */
  public String idField() {
    return idField;
  }

  /**
   * The aggregate that a text names, for example a path of a URL or a command's {@link #idField}:
   * itself, if the domain declares no other normal form.
   *
   * @return need not have the {@link #idFormat}
   */
  public String aggregateId(String text) {
    return normalForm.apply(text);
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

  /** The version of an action's or event's schema that this release writes, from 1. */
  public int schemaVersion(String message) {
    return 1 + upcasters.getOrDefault(message, List.of()).size();
  }

  /** What a message written now says of its schema's version: nothing while it is the first. */
  public OptionalLong writtenSchemaVersion(String message) {
    int version = schemaVersion(message);
    return version == 1 ? OptionalLong.empty() : OptionalLong.of(version);
  }

  /**
   * A command with its data in the version of this release.
   *
   * @throws UnreadableMessage if it is of a newer one, or its data cannot be brought there
   */
  public SubmittedCommand upcast(SubmittedCommand command) {
    return command.withData(upcast(command.action(), command.schemaVersion(), command.data()));
  }

  /**
   * An event with its data in the version of this release.
   *
   * @throws UnreadableMessage if it is of a newer one, or its data cannot be brought there
   */
  public RecordedEvent upcast(RecordedEvent event) {
    return event.withData(upcast(event.action(), event.schemaVersion(), event.data()));
  }

  private JsonObject upcast(String message, OptionalLong written, JsonObject data) {
    long from = written.orElse(1);
    int now = schemaVersion(message);
    if (from == now || !(actions.containsKey(message) || events.containsKey(message))) {
      return data;
    }
    if (from > now || from < 1) {
      throw new UnreadableMessage(
          UnreadableMessage.Reason.INVALID_ENVELOPE,
          "/schema-version is %d, and this release knows %s up to %d"
              .formatted(from, message, now));
    }
    Map<String, Object> fields = JsonCodec.fields(data);
    for (Upcaster each :
        upcasters.getOrDefault(message, List.of()).subList((int) from - 1, now - 1)) {
      try {
        fields = each.upcast(fields);
      } catch (RuntimeException e) {
        throw new UnreadableMessage(
            UnreadableMessage.Reason.INVALID_ENVELOPE,
            "/data of version %d of %s cannot be brought to version %d: %s"
                .formatted(from, message, now, e));
      }
    }
    return JsonCodec.object(fields);
  }

  /** The view of this name. */
  public Optional<View> view(String view) {
    return Optional.ofNullable(views.get(view));
  }

  /** All views, by name. */
  public List<View> views() {
    return sorted(views);
  }

  /** What a row of a view says by being there, if that is declared. */
  public Optional<StandsFor> standsFor(View view) {
    return Optional.ofNullable(standFor.get(view.name()));
  }

  /** Whether a rejection of this action says that what it asks for is so already. */
  public boolean isAlreadySo(String action, String reason) {
    return alreadySo.getOrDefault(action, Set.of()).contains(reason);
  }

  /** The policy of this name. */
  public Optional<DeclaredPolicy> policy(String policy) {
    return Optional.ofNullable(policies.get(policy));
  }

  /** All policies, by name. */
  public List<DeclaredPolicy> policies() {
    return sorted(policies);
  }

  /** The domains whose events a policy of this one reacts to. */
  public List<DomainSchema<?, ?>> sources(DeclaredPolicy policy) {
    // As with views: one that was taken from another copy may be on other logs.
    List<DomainSchema<?, ?>> declared = policies.getOrDefault(policy.name(), policy).sources();
    return declared.isEmpty() ? List.of(this) : declared;
  }

  /** The domains to which a policy of this one sends commands. */
  public List<DomainSchema<?, ?>> targets(DeclaredPolicy policy) {
    return policy.targets().isEmpty() ? List.of(this) : policy.targets();
  }

  /** Who sends the commands of a policy of this domain: nobody says so over HTTP. */
  public String policyActor(String policy) {
    return POLICY_ACTOR + name + "/" + policy;
  }

  /** Who records what became of the calls of an effect of this domain. */
  public String effectActor(String effect) {
    return EFFECT_ACTOR + name + "/" + effect;
  }

  /** Whether this is the name of a policy or an effect, which nobody else may bear. */
  public static boolean isReservedActor(String actor) {
    return actor.startsWith(POLICY_ACTOR) || actor.startsWith(EFFECT_ACTOR);
  }

  /** Whether it has anything but views and policies, and so topics of its own. */
  public boolean takesCommands() {
    return !actions.isEmpty();
  }

  /** The domains whose events a view of this one is made from. */
  public List<DomainSchema<?, ?>> sources(View view) {
    // The view as this schema has it: the sources of one that was taken from another copy may be on
    // other logs.
    List<DomainSchema<?, ?>> declared =
        views.getOrDefault(view.name(), view).derived().map(Derived::sources).orElse(List.of());
    return declared.isEmpty() ? List.of(this) : declared;
  }

  /** The field that holds the key of a view's rows. */
  public String keyField(View view) {
    return view.derived().map(Derived::keyField).orElse(idField);
  }

  /** What the keys of a view's rows look like. */
  public IdFormat keyFormat(View view) {
    return view.derived().map(Derived::keyFormat).orElse(idFormat);
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
    return ofLog(name + ".events");
  }

  /** The topic of the outcomes. */
  public String outcomesTopic() {
    return ofLog(name + ".outcomes");
  }

  /** The topic of the records that could not be read as a command at all. */
  public String deadLettersTopic() {
    return ofLog(name + ".dead-letters");
  }

  /** The compacted topic that records what the other topics were created as. */
  public String manifestTopic() {
    return name + ".manifest";
  }

  /** The compacted topic that says which generations of its views there are. */
  public String viewsTopic() {
    return name + ".views";
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
    private final Class<?> anchor;
    private final Map<String, Action<C>> actions = new LinkedHashMap<>();
    private final Map<String, View> views = new LinkedHashMap<>();
    private final Map<String, StandsFor> standFor = new LinkedHashMap<>();
    private final Map<String, Set<String>> alreadySo = new LinkedHashMap<>();
    private final Map<String, DeclaredPolicy> policies = new LinkedHashMap<>();
    private final Map<String, List<Upcaster>> upcasters = new LinkedHashMap<>();
    private final List<Route> routes = new ArrayList<>();
    private String idField = "id";
    private IdFormat idFormat = IdFormat.TEXT;
    private UnaryOperator<String> normalForm = UnaryOperator.identity();

    private Builder(String name, Class<C> commandType, Class<E> eventType, Class<?> anchor) {
      this.name = name;
      this.commandType = commandType;
      this.eventType = eventType;
      this.anchor = anchor;
    }

    /** The field of every command's data that holds the aggregate's id, and what it looks like. */
    public Builder<C, E> identifiedBy(String field, IdFormat format) {
      return identifiedBy(field, format, UnaryOperator.identity());
    }

    /**
     * The same for ids that people write in several ways, such as e-mail addresses.
     *
     * @param normalForm the id that a text means; pure, and for its own result the same again. Part
     *     of the contract: producers that write to the topic use it for the record key
     */
    public Builder<C, E> identifiedBy(
        String field, IdFormat format, UnaryOperator<String> normalForm) {
      this.idField = field;
      this.idFormat = format;
      this.normalForm = normalForm;
      return this;
    }

    /** A command type and everything its decision may be rejected with. */
    public Builder<C, E> action(Class<? extends C> type, String... reasons) {
      actions.put(type.getSimpleName(), new Action<>(type.getSimpleName(), type, Set.of(reasons)));
      return this;
    }

    /**
     * Rejections with these reasons of an action, declared before, say that what it asks for is so
     * already: who may be answered with the row instead is, and is told the reason beside it.
     */
    public Builder<C, E> alreadySo(Class<? extends C> action, String... reasons) {
      String named = action.getSimpleName();
      Set<String> declared =
          Optional.ofNullable(actions.get(named)).map(Action::reasons).orElse(Set.of());
      require(
          declared.containsAll(List.of(reasons)), named + ": declare it and its reasons before");
      alreadySo.put(named, Set.of(reasons));
      return this;
    }

    /**
     * The schema of an action or event has another version than before: what was written in the
     * last one is read through this.
     *
     * @param message the simple name of its record
     * @param from the version that the upcaster takes; they are declared in order, from 1
     */
    public Builder<C, E> upcast(String message, int from, Upcaster upcaster) {
      List<Upcaster> before = upcasters.getOrDefault(message, List.of());
      require(
          from == before.size() + 1,
          message + ": the next upcaster is from version " + (before.size() + 1));
      upcasters.put(message, Stream.concat(before.stream(), Stream.of(upcaster)).toList());
      return this;
    }

    /** A view, keyed by the aggregate's id. */
    public Builder<C, E> view(String view, Class<? extends Record> row) {
      views.put(view, new View(view, row, Optional.empty(), List.of(), 1));
      return this;
    }

    /**
     * A view that is keyed by something else than the aggregate's id, or made from several.
     *
     * @param keyField the field of the rows that holds their key
     * @param sources the domains whose events it is made from; none for this domain alone
     */
    public Builder<C, E> derivedView(
        String view,
        Class<? extends Record> row,
        String keyField,
        IdFormat keyFormat,
        DomainSchema<?, ?>... sources) {
      Derived derived = new Derived(keyField, keyFormat, List.of(sources));
      views.put(view, new View(view, row, Optional.of(derived), List.of(), 1));
      return this;
    }

    /**
     * Rows of this view, declared before, are found by a text too.
     *
     * @param index the name of the query parameter
     * @param normalForm what a text means; pure
     */
    public Builder<C, E> foundBy(String view, String index, UnaryOperator<String> normalForm) {
      return index(view, new ByText(index, normalForm));
    }

    /** Rows of this view, declared before, are listed in this order too. */
    public Builder<C, E> listedBy(String view, String order) {
      return index(view, new Order(order));
    }

    /**
     * A row of this view, declared before, says by being there that something is so: who sends a
     * command can be told in one answer of what, and whether it is.
     *
     * @param idField the field of the rows that holds the id of what they stand for
     * @param fact what is so while there is a row, for example {@code invited}; no field of the
     *     rows
     */
    public Builder<C, E> standsFor(String view, String idField, String fact) {
      List<String> fields = fields(declared(view));
      require(fields.contains(idField), "the rows of " + view + " have no " + idField);
      require(
          NAME.matcher(fact).matches() && !fields.contains(fact),
          view + ": " + fact + " is a field, or no name in kebab-case");
      standFor.put(view, new StandsFor(idField, fact));
      return this;
    }

    private View declared(String view) {
      return Optional.ofNullable(views.get(view))
          .orElseThrow(() -> new IllegalArgumentException("declare the view " + view + " before"));
    }

    private Builder<C, E> index(String view, Index index) {
      View declared = declared(view);
      require(
          NAME.matcher(index.name()).matches() && !PARAMETERS.contains(index.name()),
          view + ": an index cannot be named " + index.name());
      require(declared.index(index.name()).isEmpty(), view + " has two indexes " + index.name());
      views.put(view, declared.with(index));
      return this;
    }

    /**
     * The version of a view, declared before, 1 if it is not said: raise it when its projection,
     * its tables, its row or its indexes change, and it is made anew from the events.
     */
    public Builder<C, E> version(String view, int version) {
      View declared = declared(view);
      require(version >= 1, view + ": versions count from 1");
      views.put(view, declared.inVersion(version));
      return this;
    }

    /** A policy that reacts to this domain's own events with commands to this domain itself. */
    public Builder<C, E> policy(String policy, Beginning beginning) {
      return policy(policy, beginning, List.of(), List.of());
    }

    /**
     * A policy between domains.
     *
     * @param sources the domains whose events it reacts to; none for this domain alone
     * @param targets the domains it sends commands to; none for this domain alone
     */
    public Builder<C, E> policy(
        String policy,
        Beginning beginning,
        List<DomainSchema<?, ?>> sources,
        List<DomainSchema<?, ?>> targets) {
      require(!policies.containsKey(policy), "there are two policies " + policy);
      policies.put(policy, new DeclaredPolicy(policy, sources, targets, beginning));
      return this;
    }

    /**
     * {@code POST path} sends this action to a new aggregate: one whose id the gateway makes if ids
     * are UUIDs, else the one that the body names.
     */
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
      boolean onlyViews = eventType == (Class<?>) Void.class;
      List<Class<? extends E>> eventTypes = onlyViews ? List.of() : permitted(eventType);
      eventTypes.forEach(type -> events.put(type.getSimpleName(), type));
      List<Class<? extends C>> commandTypes = onlyViews ? List.of() : permitted(commandType);
      for (Class<? extends C> type : commandTypes) {
        require(
            actions.containsKey(type.getSimpleName()),
            type.getSimpleName() + " is a command but not declared as an action");
        require(
            !events.containsKey(type.getSimpleName()),
            type.getSimpleName() + " is the name of a command and of an event");
      }
      upcasters
          .keySet()
          .forEach(
              message ->
                  require(
                      actions.containsKey(message) || events.containsKey(message),
                      message + " has an upcaster and is no action or event"));
      actions.values().forEach(Builder::check);
      views
          .keySet()
          .forEach(
              view ->
                  require(NAME.matcher(view).matches() && !view.equals(LOG), "view name " + view));
      views.values().forEach(view -> check(view, onlyViews));
      policies.values().forEach(policy -> check(policy, onlyViews));
      requireOwnStores();
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

    private void check(DeclaredPolicy policy, boolean onlyViews) {
      String name = policy.name();
      // An application of a view named policy is told from it by the number of its generation.
      require(
          NAME.matcher(name).matches() && !name.matches("g\\d+") && !views.containsKey(name),
          "a policy cannot be named "
              + name
              + ": "
              + NAME
              + ", no view's name, nor g and a number");
      require(
          !onlyViews || !(policy.sources().isEmpty() || policy.targets().isEmpty()),
          name + " must say to whose events it reacts and to whom it sends commands");
      Stream.concat(policy.sources().stream(), policy.targets().stream())
          .forEach(
              other -> require(other.takesCommands(), name + ": " + other + " takes no commands"));
    }

    /** The stores of two views in one process must not have one name. */
    private void requireOwnStores() {
      Map<String, String> guards = new LinkedHashMap<>();
      for (View view : views.values()) {
        List<String> names =
            view.derived().isEmpty()
                ? List.of(view.name())
                : Stream.concat(
                        view.derived().get().sources().stream().map(DomainSchema::name),
                        Stream.of(name))
                    .map(source -> view.name() + "-" + source)
                    .toList();
        for (String guard : names) {
          String other = guards.put(guard, view.name());
          require(
              other == null || other.equals(view.name()),
              "the views " + other + " and " + view.name() + " would share stores: rename one");
        }
      }
    }

    private static List<String> fields(View view) {
      return Arrays.stream(view.row().getRecordComponents())
          .map(RecordComponent::getName)
          .map(component -> component.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
          .toList();
    }

    private static void check(View view, boolean onlyViews) {
      List<String> fields = fields(view);
      if (view.derived().isEmpty()) {
        require(!onlyViews, view.name() + " has no events of its own domain: derive it");
        require(
            !fields.contains(VERSION),
            "the rows of "
                + view.name()
                + " have a component named version; the engine adds the aggregate's");
        return;
      }
      Derived derived = view.derived().get();
      require(
          fields.contains(derived.keyField()),
          "the rows of " + view.name() + " have no " + derived.keyField() + ", which is their key");
      require(
          !onlyViews || !derived.sources().isEmpty(),
          view.name() + " must say from which domains it is made");
      for (DomainSchema<?, ?> source : derived.sources()) {
        require(source.takesCommands(), view.name() + ": " + source + " has no events");
      }
    }

    private void check(Route route) {
      String path = route.path();
      require(PATH.matcher(path).matches(), "route " + path + " is not " + PATH);
      Optional<String> key =
          switch (route) {
            case Creates creates -> {
              require(actions.containsKey(creates.action()), path + ": no such action");
              yield Optional.empty();
            }
            case Updates updates -> {
              require(actions.containsKey(updates.action()), path + ": no such action");
              yield Optional.of(idField);
            }
            case Reads reads -> {
              Optional<View> view = Optional.ofNullable(views.get(reads.view()));
              require(view.isPresent(), path + ": no view " + reads.view());
              yield Optional.of(view.flatMap(View::derived).map(Derived::keyField).orElse(idField));
            }
          };
      Set<String> parameters = new HashSet<>(List.of(path.split("/")));
      parameters.removeIf(segment -> !segment.startsWith("{"));
      Set<String> expected = key.map(name -> Set.of("{" + name + "}")).orElse(Set.of());
      require(
          parameters.equals(expected),
          "route "
              + path
              + " must have "
              + key.map(name -> "just {" + name + "}").orElse("no parameter"));
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
