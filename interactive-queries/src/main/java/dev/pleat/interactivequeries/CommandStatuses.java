package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Where it is looked up what became of a command. Safe for use by many threads. */
public interface CommandStatuses {

  /**
   * What is known of a command in a domain, wherever that is held. An outcome wins over "pending",
   * an aggregate's first outcome over later ones.
   *
   * @param key the aggregate it addresses, when the asker knows it: then only that aggregate's
   *     command of this id is meant, and only its partition is asked
   */
  Answer<KnownStatus> status(DomainSchema<?, ?> schema, UUID commandId, Optional<String> key);

  /**
   * The same of some partitions, from what this process holds and nobody else.
   *
   * @param partitions those that are asked; one that is not held here is answered with "not now"
   */
  Answer<KnownStatus> held(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions);
}
