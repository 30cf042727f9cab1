package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.DocumentedCommands.Block;
import dev.pleat.topology.Domain;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.enrolments.EnrolmentDomain;
import dev.pleat.topology.listings.ListingDomain;
import dev.pleat.topology.market.MarketDomain;
import dev.pleat.topology.payments.PaymentDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The story of each sample domain, as its page tells it, on a real broker. */
final class DomainPagesIT {

  private static final String PAGES = "docs/domains";
  private static final int LEAST_EXAMPLES = 5;

  private static final Domain<?, ?, ?>[] DOMAINS = {
    CalculatorDomain.CALCULATOR,
    CustomerDomain.CUSTOMERS,
    ProductDomain.PRODUCTS,
    PriceDomain.PRICES,
    CatalogueDomain.CATALOGUE,
    ListingDomain.LISTINGS,
    EnrolmentDomain.ENROLMENTS,
    PaymentDomain.PAYMENTS,
    MarketDomain.MARKET
  };

  @TempDir static Path directory;

  private static Instance instance;

  @BeforeAll
  static void start() {
    instance = Servers.embedded(directory, DOMAINS);
  }

  @AfterAll
  static void stop() {
    instance.close();
  }

  static List<String> pages() throws IOException {
    try (Stream<Path> files = Files.list(DocumentedCommands.REPOSITORY.resolve(PAGES))) {
      return files.map(file -> PAGES + "/" + file.getFileName()).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void shows_commands_that_do_what_it_says(String page) throws IOException {
    List<Block> blocks = DocumentedCommands.blocks(page);
    String http = instance.url().replace("http://", "");
    int ran = DocumentedCommands.runAll(blocks, command -> command.replace("localhost:8080", http));
    assertTrue(ran >= LEAST_EXAMPLES, "commands tried: " + ran);
    assertEquals(2L * ran, blocks.size(), "blocks that are neither a command nor its output");
    assertTrue(
        blocks.stream().anyMatch(block -> block.text().contains("localhost:8080/graphql")),
        "nothing in GraphQL");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void links_to_files_that_exist(String page) throws IOException {
    DocumentedCommands.assertLinked(page);
  }

  @Test
  void every_domain_has_its_code_linked_from_a_page() throws IOException {
    StringBuilder texts = new StringBuilder();
    for (String page : pages()) {
      texts.append(Files.readString(DocumentedCommands.REPOSITORY.resolve(page)));
    }
    for (Domain<?, ?, ?> domain : DOMAINS) {
      String code = "/dev/pleat/schemas/" + domain.schema().name() + "/";
      assertTrue(texts.indexOf(code) >= 0, "no page links to " + code);
    }
  }
}
