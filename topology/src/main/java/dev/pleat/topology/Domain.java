package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One bounded context: a decider and its projections, bound to the names in their schema.
 *
 * @param <S> the decider's state
 * @param <C> the commands
 * @param <E> the events
 */
public final class Domain<S, C, E> {

  /** A view's row and the function that makes it. */
  record BoundProjection<V extends Record, E>(Class<V> row, Projection<V, E> projection) {}

  private final DomainSchema<C, E> schema;
  private final Decider<S, C, E> decider;
  private final StateCodec<S> states;
  private final Map<String, BoundProjection<?, E>> projections;

  private Domain(Builder<S, C, E> builder) {
    this.schema = builder.schema;
    this.decider = builder.decider;
    this.states = StateCodec.of(builder.stateType);
    this.projections = Map.copyOf(builder.projections);
  }

  /** Begins a domain with its names. */
  public static <C, E> Named<C, E> of(DomainSchema<C, E> schema) {
    return new Named<>(schema);
  }

  /** The names. */
  public DomainSchema<C, E> schema() {
    return schema;
  }

  /** The rules. */
  public Decider<S, C, E> decider() {
    return decider;
  }

  /** The state as it is stored, which {@link #state} reads. */
  byte[] stateBytes(S state) {
    return states.write(state);
  }

  S state(byte[] bytes) {
    return states.read(bytes);
  }

  BoundProjection<?, E> projection(View view) {
    BoundProjection<?, E> projection = projections.get(view.name());
    if (projection == null) {
      throw new IllegalArgumentException(schema + " has no view " + view.name());
    }
    return projection;
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
      return new Builder<>(schema, decider, stateType);
    }
  }

  /** A domain that has names and rules, and needs the projections of its views. */
  public static final class Builder<S, C, E> {
    private final DomainSchema<C, E> schema;
    private final Decider<S, C, E> decider;
    private final Class<S> stateType;
    private final Map<String, BoundProjection<?, E>> projections = new LinkedHashMap<>();

    private Builder(DomainSchema<C, E> schema, Decider<S, C, E> decider, Class<S> stateType) {
      this.schema = schema;
      this.decider = decider;
      this.stateType = stateType;
    }

    /**
     * Makes a view's rows with this projection.
     *
     * @throws IllegalArgumentException if the schema has no such view, or one of other rows
     */
    public <V extends Record> Builder<S, C, E> projectedTo(
        String view, Class<V> row, Projection<V, E> projection) {
      @Nullable View declared = schema.view(view).orElse(null);
      if (declared == null || !Objects.equals(declared.row(), row)) {
        throw new IllegalArgumentException(
            schema + " declares no view " + view + " of " + row.getSimpleName());
      }
      projections.put(view, new BoundProjection<>(row, projection));
      return this;
    }

    /**
     * The domain.
     *
     * @throws IllegalArgumentException if a view of the schema has no projection
     */
    public Domain<S, C, E> build() {
      schema
          .views()
          .forEach(
              view -> {
                if (!projections.containsKey(view.name())) {
                  throw new IllegalArgumentException(
                      schema + ": the view " + view.name() + " has no projection");
                }
              });
      return new Domain<>(this);
    }
  }
}
