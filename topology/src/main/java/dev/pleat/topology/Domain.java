package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.ByText;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.DomainSchema.Order;
import dev.pleat.schemas.DomainSchema.View;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One bounded context: a decider, its projections, its derived views, its policies and its effects,
 * bound to the names in their schema.
 *
 * @param <S> the decider's state
 * @param <C> the commands
 * @param <E> the events
 */
public final class Domain<S, C, E> {

  /** A view's row and the function that makes it. */
  record BoundProjection<V extends Record, E>(Class<V> row, Projection<V, E> projection) {}

  /** A derived view's row and what it is made from. */
  record BoundTables<V extends Record>(Class<V> row, DerivedView<V> tables) {}

  /** What a policy does about the events of one of its sources. */
  record BoundReaction<S, E>(DomainSchema<?, E> source, Policy<S, E> policy) {}

  /** A policy, and how its state is written. */
  record BoundPolicy<S>(
      Class<S> state, StateCodec<S> states, Map<String, BoundReaction<S, ?>> reactions) {

    BoundReaction<S, ?> reaction(DomainSchema<?, ?> source) {
      BoundReaction<S, ?> reaction = reactions.get(source.name());
      if (reaction == null) {
        throw new IllegalStateException("nothing follows from events of " + source);
      }
      return reaction;
    }
  }

  /** The rules, and how their state is written. */
  private record Rules<S, C, E>(Decider<S, C, E> decider, StateCodec<S> states) {}

  private final DomainSchema<C, E> schema;
  private final Optional<Rules<S, C, E>> rules;
  private final Map<String, BoundProjection<?, E>> projections;
  private final Map<String, BoundTables<?>> derived;
  private final Map<String, RowIndex<?>> indexes;
  private final Map<String, BoundPolicy<?>> policies;
  private final Map<String, Effect<C, E>> effects;

  private Domain(Builder<S, C, E> builder) {
    this.schema = builder.schema;
    this.rules = builder.rules;
    this.projections = Map.copyOf(builder.projections);
    this.derived = Map.copyOf(builder.derived);
    this.indexes = builder.indexes();
    this.policies = Map.copyOf(builder.policies);
    this.effects = Map.copyOf(builder.effects);
  }

  private Domain(Domain<S, C, E> of, DomainSchema<C, E> schema) {
    this.schema = schema;
    this.rules = of.rules;
    this.projections = of.projections;
    this.derived = of.derived;
    this.indexes = of.indexes;
    this.policies = of.policies;
    this.effects = of.effects;
  }

  /** Begins a domain with its names. */
  public static <C, E> Named<C, E> of(DomainSchema<C, E> schema) {
    return new Named<>(schema);
  }

  /** Begins a domain that takes no commands and only has derived views and policies. */
  public static Builder<Void, Void, Void> ofViews(DomainSchema<Void, Void> schema) {
    return new Builder<>(schema, Optional.empty());
  }

  /** The names. */
  public DomainSchema<C, E> schema() {
    return schema;
  }

  /** The same rules on these logs, as {@link DomainSchema#onLogs} says. */
  public Domain<S, C, E> onLogs(Map<String, Integer> logs) {
    return new Domain<>(this, schema.onLogs(logs));
  }

  /**
   * The rules.
   *
   * @throws IllegalStateException if the domain takes no commands
   */
  public Decider<S, C, E> decider() {
    return rules().decider();
  }

  private Rules<S, C, E> rules() {
    return rules.orElseThrow(() -> new IllegalStateException(schema + " takes no commands"));
  }

  /** The state as it is stored, which {@link #state} reads. */
  byte[] stateBytes(S state) {
    return rules().states().write(state);
  }

  S state(byte[] bytes) {
    return rules().states().read(bytes);
  }

  /** The state as JSON, for who looks at it. */
  byte[] stateJson(S state) {
    return rules().states().json(state);
  }

  BoundProjection<?, E> projection(View view) {
    BoundProjection<?, E> projection = projections.get(view.name());
    if (projection == null) {
      throw new IllegalArgumentException(schema + " has no projection of " + view.name());
    }
    return projection;
  }

  BoundTables<?> derived(View view) {
    BoundTables<?> tables = derived.get(view.name());
    if (tables == null) {
      throw new IllegalArgumentException(schema + " derives no view " + view.name());
    }
    return tables;
  }

  BoundPolicy<?> policy(DeclaredPolicy policy) {
    BoundPolicy<?> bound = policies.get(policy.name());
    if (bound == null) {
      throw new IllegalArgumentException(schema + " has no policy " + policy.name());
    }
    return bound;
  }

  /** The names of its effects. */
  public List<String> effects() {
    return effects.keySet().stream().sorted().toList();
  }

  Effect<C, E> effect(String name) {
    Effect<C, E> effect = effects.get(name);
    if (effect == null) {
      throw new IllegalArgumentException(schema + " has no effect " + name);
    }
    return effect;
  }

  /** By what the rows of a view are found; of the view's own type of rows. */
  @SuppressWarnings("unchecked") // the builder took it for rows of this class
  <V extends Record> RowIndex<V> index(View view, Class<V> row) {
    RowIndex<?> index = indexes.getOrDefault(view.name(), new RowIndex<>(Map.of(), Map.of()));
    return (RowIndex<V>) index;
  }

  /** A domain that has its names and needs its rules. */
  public static final class Named<C, E> {
    private final DomainSchema<C, E> schema;

    private Named(DomainSchema<C, E> schema) {
      this.schema = schema;
    }

    /**
     * The rules, and the type of their state: a record, or a sealed interface of records, because
     * the engine writes it to its store and reads it back.
     */
    public <S> Builder<S, C, E> decidedBy(Decider<S, C, E> decider, Class<S> stateType) {
      return new Builder<>(schema, Optional.of(new Rules<>(decider, StateCodec.of(stateType))));
    }
  }

  /** A domain that has names and rules, and needs its projections and policies. */
  public static final class Builder<S, C, E> {
    private final DomainSchema<C, E> schema;
    private final Optional<Rules<S, C, E>> rules;
    private final Map<String, BoundProjection<?, E>> projections = new LinkedHashMap<>();
    private final Map<String, BoundTables<?>> derived = new LinkedHashMap<>();
    private final Map<String, BoundPolicy<?>> policies = new LinkedHashMap<>();
    private final Map<String, Effect<C, E>> effects = new LinkedHashMap<>();
    private final Map<String, Map<String, Function<Record, Collection<String>>>> texts =
        new LinkedHashMap<>();
    private final Map<String, Map<String, Function<Record, Optional<Long>>>> orders =
        new LinkedHashMap<>();

    private Builder(DomainSchema<C, E> schema, Optional<Rules<S, C, E>> rules) {
      this.schema = schema;
      this.rules = rules;
    }

    /**
     * Makes a view's rows with this projection.
     *
     * @throws IllegalArgumentException if the schema has no such view, or one of other rows
     */
    public <V extends Record> Builder<S, C, E> projectedTo(
        String view, Class<V> row, Projection<V, E> projection) {
      requireDeclared(view, row, false);
      projections.put(view, new BoundProjection<>(row, projection));
      return this;
    }

    /**
     * Makes a derived view's rows like this.
     *
     * @throws IllegalArgumentException if the schema derives no such view, or one of other rows
     */
    public <V extends Record> Builder<S, C, E> derivedAs(
        String view, Class<V> row, DerivedView<V> tables) {
      requireDeclared(view, row, true);
      derived.put(view, new BoundTables<>(row, tables));
      return this;
    }

    /**
     * The texts by which a row of this view is found.
     *
     * @param texts as they are in the row; the schema has their normal form. Pure
     * @throws IllegalArgumentException if the schema declares no such index of such rows
     */
    public <V extends Record> Builder<S, C, E> foundBy(
        String view, Class<V> row, String index, Function<V, Collection<String>> texts) {
      requireIndex(view, row, index, ByText.class);
      this.texts
          .computeIfAbsent(view, name -> new LinkedHashMap<>())
          .put(index, given -> texts.apply(row.cast(given)));
      return this;
    }

    /**
     * The place of a row in an order of this view: the smallest number comes first, and a row
     * without a place is not listed.
     *
     * @throws IllegalArgumentException if the schema declares no such order of such rows
     */
    public <V extends Record> Builder<S, C, E> listedBy(
        String view, Class<V> row, String order, Function<V, Optional<Long>> place) {
      requireIndex(view, row, order, Order.class);
      orders
          .computeIfAbsent(view, name -> new LinkedHashMap<>())
          .put(order, given -> place.apply(row.cast(given)));
      return this;
    }

    /**
     * Reacts to the domain's own events with this policy.
     *
     * @param stateType a record, or a sealed interface of records, that the engine writes to its
     *     store and reads back
     * @throws IllegalArgumentException if the schema declares no such policy over its own events
     */
    public <P> Builder<S, C, E> reactsWith(String policy, Class<P> stateType, Policy<P, E> react) {
      return reactsWith(policy, stateType, schema, react);
    }

    /**
     * Reacts to the events of one of a policy's sources like this. Each source has one policy; what
     * they remember of aggregates of the same id is one state.
     *
     * @throws IllegalArgumentException if the schema declares no such policy over these events
     */
    @SuppressWarnings("unchecked") // the type of the state is compared
    public <P, F> Builder<S, C, E> reactsWith(
        String policy, Class<P> stateType, DomainSchema<?, F> source, Policy<P, F> react) {
      if (schema.policy(policy).filter(it -> schema.sources(it).contains(source)).isEmpty()) {
        throw new IllegalArgumentException(
            schema + " declares no policy " + policy + " that reacts to " + source);
      }
      BoundPolicy<?> before =
          policies.computeIfAbsent(
              policy,
              name ->
                  new BoundPolicy<>(stateType, StateCodec.of(stateType), new LinkedHashMap<>()));
      if (!before.state().equals(stateType)) {
        throw new IllegalArgumentException(
            policy + " remembers one type, not " + before.state() + " and " + stateType);
      }
      ((BoundPolicy<P>) before).reactions().put(source.name(), new BoundReaction<>(source, react));
      return this;
    }

    /**
     * Calls the outside world because of the domain's events, and records what became of it.
     *
     * @param name a name in kebab-case, part of the keys of its calls
     * @throws IllegalArgumentException if it is none, or there is another effect of this name
     */
    public Builder<S, C, E> does(String name, Effect<C, E> effect) {
      // A generation of a view named effect is told from it by its number.
      if (!name.matches("(?!g\\d+$)[a-z][a-z0-9-]{0,62}") || effects.put(name, effect) != null) {
        throw new IllegalArgumentException(
            schema + ": an effect cannot be named " + name + ", or there are two");
      }
      return this;
    }

    private void requireIndex(
        String view, Class<?> row, String index, Class<? extends DomainSchema.Index> kind) {
      if (schema
          .view(view)
          .filter(it -> it.row().equals(row))
          .flatMap(it -> it.index(index))
          .filter(kind::isInstance)
          .isEmpty()) {
        throw new IllegalArgumentException(
            schema
                + " declares no index "
                + index
                + " of the view "
                + view
                + " of "
                + row.getSimpleName());
      }
    }

    private Map<String, RowIndex<?>> indexes() {
      Map<String, RowIndex<?>> indexes = new LinkedHashMap<>();
      for (View view : schema.views()) {
        RowIndex<Record> index =
            new RowIndex<>(
                texts.getOrDefault(view.name(), Map.of()),
                orders.getOrDefault(view.name(), Map.of()));
        Set<String> bound = new TreeSet<>(index.texts().keySet());
        bound.addAll(index.orders().keySet());
        Set<String> declared =
            view.indexes().stream()
                .map(DomainSchema.Index::name)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!bound.equals(declared)) {
          throw new IllegalArgumentException(
              schema
                  + ": the view "
                  + view.name()
                  + " declares the indexes "
                  + declared
                  + " and has functions for "
                  + bound);
        }
        indexes.put(view.name(), index);
      }
      return Map.copyOf(indexes);
    }

    private void requireDeclared(String view, Class<?> row, boolean isDerived) {
      if (schema
          .view(view)
          .filter(it -> it.row().equals(row) && it.derived().isPresent() == isDerived)
          .isEmpty()) {
        throw new IllegalArgumentException(
            schema
                + " declares no "
                + (isDerived ? "derived view " : "view ")
                + view
                + " of "
                + row.getSimpleName());
      }
    }

    /**
     * The domain.
     *
     * @throws IllegalArgumentException if nothing makes the rows or an index of a view of the
     *     schema, or nothing follows from the events of a policy's source
     */
    public Domain<S, C, E> build() {
      schema
          .views()
          .forEach(
              view -> {
                if (!projections.containsKey(view.name()) && !derived.containsKey(view.name())) {
                  throw new IllegalArgumentException(
                      schema + ": the view " + view.name() + " has no projection");
                }
              });
      schema.policies().forEach(this::requireReactions);
      return new Domain<>(this);
    }

    private void requireReactions(DeclaredPolicy policy) {
      BoundPolicy<?> bound = policies.get(policy.name());
      for (DomainSchema<?, ?> source : schema.sources(policy)) {
        if (bound == null || !bound.reactions().containsKey(source.name())) {
          throw new IllegalArgumentException(
              "%s: the policy %s has no reaction to events of %s"
                  .formatted(schema, policy.name(), source.name()));
        }
      }
    }
  }
}
