package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.util.Optional;

/** The local copies of a replica. Safe for use by many threads. */
public interface ViewCopies {

  /** Reads the copy of a view; empty if there is none that was ever complete. */
  Optional<CopyReading> open(DomainSchema<?, ?> schema, View view);

  /** Why there is none, and how much of it is done: a sentence for a person. */
  String missing(DomainSchema<?, ?> schema, View view);
}
