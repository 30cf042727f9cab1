package dev.pleat.interactivequeries;

import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import java.util.Optional;
import java.util.UUID;

/** Where it is looked up what became of a command. Safe for use by many threads. */
@FunctionalInterface
public interface CommandStatuses {

  /**
   * What is known of a command in a domain. An outcome wins over "pending", the first outcome over
   * later ones.
   *
   * @param key the aggregate it addresses, when the asker knows it: then only that aggregate's
   *     command of this id is meant, and only its partition is asked
   */
  Answer<CommandStatus> status(DomainSchema<?, ?> schema, UUID commandId, Optional<String> key);
}
