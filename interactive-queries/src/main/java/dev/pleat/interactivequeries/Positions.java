package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.util.Optional;

/** Where it is known how far the views of this process have come. Safe for use by many threads. */
@FunctionalInterface
public interface Positions {

  /** Of the application that makes a view here now; empty if there is none. */
  Optional<ViewPositions> of(DomainSchema<?, ?> schema, View view);
}
