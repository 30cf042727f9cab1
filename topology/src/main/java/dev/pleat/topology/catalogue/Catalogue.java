package dev.pleat.topology.catalogue;

import dev.pleat.schemas.catalogue.ProductPage;
import dev.pleat.schemas.prices.PriceEvent;
import dev.pleat.schemas.prices.PriceEvent.PriceSet;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductEvent.ProductDescribed;
import dev.pleat.schemas.products.ProductEvent.ProductDiscontinued;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How products and prices become pages of the catalogue. */
final class Catalogue {

  private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{N}]+");
  private static final int MAX_WORDS = 200;

  private Catalogue() {}

  /** A product while it is in the catalogue. */
  static Optional<ProductRow> product(Optional<ProductRow> row, ProductEvent event) {
    return switch (event) {
      case ProductAdded added ->
          Optional.of(
              new ProductRow(
                  added.productId(),
                  added.name(),
                  added.category(),
                  added.description(),
                  added.addedAt()));
      case ProductDescribed described ->
          row.map(
              before ->
                  new ProductRow(
                      described.productId(),
                      described.name(),
                      described.category(),
                      described.description(),
                      before.addedAt()));
      case ProductDiscontinued discontinued -> Optional.empty();
    };
  }

  /** The last price that was set. */
  static Optional<PriceSet> price(Optional<PriceSet> row, PriceEvent event) {
    return switch (event) {
      case PriceSet set -> Optional.of(set);
    };
  }

  /** What is written about a product, word by word; what follows the first 200 is not found. */
  static Set<String> words(ProductPage page) {
    return BETWEEN_WORDS
        .splitAsStream(page.name() + " " + page.description())
        .filter(word -> !word.isEmpty())
        .limit(MAX_WORDS)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The later a product was added, the smaller. */
  static Optional<Long> newest(ProductPage page) {
    return Optional.of(-page.addedAt().toEpochMilli());
  }

  /** The page of a product, whose price may not be set yet. */
  static ProductPage page(ProductRow product, @Nullable PriceSet price) {
    Optional<PriceSet> set = Optional.ofNullable(price);
    return new ProductPage(
        product.productId(),
        product.name(),
        product.category(),
        product.description(),
        product.addedAt(),
        set.map(PriceSet::amount),
        set.map(PriceSet::currency),
        set.flatMap(PriceSet::validFrom),
        set.flatMap(PriceSet::validUntil));
  }
}
