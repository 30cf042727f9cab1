package dev.pleat.schemas.prices;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.prices.PriceCommand.SetPrice;

/** What can be said to the prices and asked of them. */
public final class PriceSchema {

  public static final String VALIDITY_EMPTY = "validity-empty";
  public static final String VALIDITY_OVER = "validity-over";

  /** The view of what each product has cost. */
  public static final String HISTORY = "history";

  public static final DomainSchema<PriceCommand, PriceEvent> SCHEMA =
      DomainSchema.of("prices", PriceCommand.class, PriceEvent.class)
          .identifiedBy("product-id", IdFormat.UUID)
          .action(SetPrice.class, VALIDITY_EMPTY, VALIDITY_OVER)
          .view(HISTORY, PriceHistory.class)
          .updates("/products/{product-id}/price", SetPrice.class)
          .reads("/products/{product-id}/prices", HISTORY)
          .build();

  private PriceSchema() {}
}
