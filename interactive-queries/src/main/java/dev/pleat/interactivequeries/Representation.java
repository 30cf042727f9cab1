package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.Reads;
import dev.pleat.schemas.DomainSchema.View;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The row that stands for an aggregate.
 *
 * @param schema the domain that has the view
 * @param path where the row is read, with the key as a parameter
 */
record Representation(DomainSchema<?, ?> schema, View view, String path) {

  /**
   * Of a domain's aggregates: a view of its own that is keyed by their id, the only one with a
   * route or else the first; or a derived one with that key and a route, which any of these domains
   * may have.
   */
  static Optional<Representation> of(DomainSchema<?, ?> domain, List<DomainSchema<?, ?>> all) {
    List<View> own = domain.views().stream().filter(view -> view.derived().isEmpty()).toList();
    List<View> withRoute = own.stream().filter(view -> route(domain, view).isPresent()).toList();
    return (withRoute.size() == 1 ? withRoute : own)
        .stream()
            .findFirst()
            .map(
                view ->
                    new Representation(
                        domain,
                        view,
                        route(domain, view)
                            .orElse(
                                "/domains/" + domain.name() + "/views/" + view.name() + "/{key}")))
            .or(() -> all.stream().flatMap(other -> derived(domain, other)).findFirst());
  }

  private static Stream<Representation> derived(
      DomainSchema<?, ?> domain, DomainSchema<?, ?> other) {
    return other.views().stream()
        .filter(
            view ->
                view.derived().isPresent()
                    && other.keyField(view).equals(domain.idField())
                    && other.keyFormat(view) == domain.idFormat()
                    && other.sources(view).stream()
                        .anyMatch(source -> source.name().equals(domain.name())))
        .flatMap(
            view -> route(other, view).map(path -> new Representation(other, view, path)).stream());
  }

  private static Optional<String> route(DomainSchema<?, ?> schema, View view) {
    return schema.routes().stream()
        .filter(route -> route instanceof Reads reads && reads.view().equals(view.name()))
        .map(DomainSchema.Route::path)
        .findFirst();
  }

  /** Where the row of this aggregate is read. */
  String path(String aggregateId) {
    return Paths.filled(path, aggregateId);
  }
}
