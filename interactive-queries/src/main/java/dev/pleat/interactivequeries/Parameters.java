package dev.pleat.interactivequeries;

import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a question about a view says beside the key, by the names that the query of a URL has for
 * it. Immutable as far as what it reads from is.
 *
 * @param tokens those in headers
 * @param names of all parameters there are
 * @param values all values of a parameter; none if it is not there
 */
record Parameters(List<String> tokens, List<String> names, Function<String, List<String>> values) {

  /** What the URL and the headers of a request say. */
  static Parameters of(Context request) {
    return new Parameters(
        RequestHeaders.all(request, "Pleat-Token"),
        RequestHeaders.parameterNames(request),
        name -> RequestHeaders.parameters(request, name));
  }

  /** These, and no headers. */
  static Parameters of(Map<String, List<String>> values) {
    return new Parameters(
        List.of(), List.copyOf(values.keySet()), name -> values.getOrDefault(name, List.of()));
  }

  /** All values of a parameter. */
  List<String> all(String name) {
    return values.apply(name);
  }

  /** A parameter that may be there once, or several times the same. */
  Optional<String> one(String name) {
    return RequestHeaders.once(name, all(name));
  }
}
