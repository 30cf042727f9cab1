package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import io.javalin.http.Context;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The mark of a request that one instance sends on to another: which partitions of which domain it
 * is about. A marked request is answered from what the receiver holds and never sent on, so none
 * goes round in circles. Anybody may set it; it only narrows what is asked.
 *
 * @param partitions those the sender believes the receiver to hold
 */
record Forwarded(DomainSchema<?, ?> schema, Set<Integer> partitions) {

  static final String HEADER = "Pleat-Forwarded";

  Forwarded {
    partitions = Set.copyOf(partitions);
  }

  /**
   * The header's value: domain, incarnation of its event log, and a set of bits.
   *
   * @param logId tells this cluster from another one that may have taken over a port
   */
  String text(String logId) {
    BitSet bits = new BitSet();
    partitions.forEach(bits::set);
    return schema.name()
        + "/"
        + logId
        + "/"
        + Base64.getUrlEncoder().withoutPadding().encodeToString(bits.toByteArray());
  }

  /** The mark of a request, if it has one. */
  static Optional<Forwarded> of(
      Context request, List<DomainSchema<?, ?>> schemas, Function<String, String> logId) {
    List<String> values = RequestHeaders.all(request, HEADER);
    if (values.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = values.get(0).split("/", -1);
    Optional<DomainSchema<?, ?>> schema =
        schemas.stream().filter(served -> served.name().equals(parts[0])).findFirst();
    if (values.size() > 1 || parts.length != 3) {
      throw malformed();
    }
    if (schema.isEmpty() || !logId.apply(parts[0]).equals(parts[1])) {
      throw Refusal.of(Answer.NOT_NOW, "this instance does not serve that log");
    }
    try {
      BitSet bits = BitSet.valueOf(Base64.getUrlDecoder().decode(parts[2]));
      return Optional.of(
          new Forwarded(schema.get(), bits.stream().boxed().collect(Collectors.toSet())));
    } catch (IllegalArgumentException e) {
      throw malformed();
    }
  }

  private static Refusal malformed() {
    return Refusal.of(
        Problem.INVALID_PARAMETER, HEADER + " is for instances of Pleat among themselves");
  }
}
