package dev.pleat.topology;

import static dev.pleat.topology.calculator.CalculatorDomain.CALCULATOR;
import static dev.pleat.topology.catalogue.CatalogueDomain.CATALOGUE;
import static dev.pleat.topology.customers.CustomerDomain.CUSTOMERS;
import static dev.pleat.topology.market.MarketDomain.MARKET;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.pleat.schemas.DomainSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription.Sink;
import org.apache.kafka.streams.TopologyDescription.Source;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each application's topology, held against approved text: a renamed step or store loses its state
 * when an application is upgraded.
 */
class DescribedTopologiesTest {

  @TempDir Path directory;

  static Stream<Arguments> applications() {
    DomainSchema<?, ?> schema = CALCULATOR.schema();
    return Stream.of(
        Arguments.of(
            CommandTopology.applicationId(schema),
            CommandTopology.of(CALCULATOR),
            Set.of("aggregates", "processed-position", "decided-commands"),
            Set.of("calculator.commands")),
        Arguments.of(
            ViewTopology.applicationId(schema, schema.view("values").orElseThrow(), 1),
            ViewTopology.of(CALCULATOR, "values"),
            Set.of("values", "values-held", "values-seen", "values-stopped"),
            Set.of("calculator.events")),
        Arguments.of(
            ViewTopology.applicationId(
                CUSTOMERS.schema(), CUSTOMERS.schema().view("by-id").orElseThrow(), 1),
            ViewTopology.of(CUSTOMERS, "by-id"),
            Set.of(
                "by-id",
                "by-id-customer-id",
                "by-id-index",
                "by-id-customers-rows",
                "by-id-customers-held",
                "by-id-customers-seen",
                "by-id-customers-stopped"),
            Set.of("customers.events", "customer-id-repartition")),
        Arguments.of(
            PolicyTopology.applicationId(
                CUSTOMERS.schema(), CUSTOMERS.schema().policy("changing-address").orElseThrow()),
            PolicyTopology.of(CUSTOMERS, "changing-address"),
            Set.of(
                "changing-address-state",
                "changing-address-deadlines",
                "changing-address-deadline-times",
                "changing-address-customers-seen",
                "changing-address-customers-held",
                "changing-address-customers-stopped",
                "changing-address-customers-position"),
            Set.of("customers.events")),
        Arguments.of(
            ViewTopology.applicationId(
                CATALOGUE.schema(), CATALOGUE.schema().view("product-page").orElseThrow(), 1),
            ViewTopology.of(CATALOGUE, "product-page"),
            Set.of(
                "product-page",
                "product-page-index",
                "product-page-products-rows",
                "product-page-products-held",
                "product-page-products-seen",
                "product-page-products-stopped",
                "product-page-prices-rows",
                "product-page-prices-held",
                "product-page-prices-seen",
                "product-page-prices-stopped"),
            Set.of("products.events", "prices.events")),
        Arguments.of(
            PolicyTopology.applicationId(
                MARKET.schema(), MARKET.schema().policy("enrolling").orElseThrow()),
            PolicyTopology.of(MARKET, "enrolling"),
            Set.of(
                "enrolling-state",
                "enrolling-deadlines",
                "enrolling-deadline-times",
                "enrolling-enrolments-seen",
                "enrolling-enrolments-held",
                "enrolling-enrolments-stopped",
                "enrolling-enrolments-position",
                "enrolling-listings-seen",
                "enrolling-listings-held",
                "enrolling-listings-stopped",
                "enrolling-listings-position",
                "enrolling-payments-seen",
                "enrolling-payments-held",
                "enrolling-payments-stopped",
                "enrolling-payments-position"),
            Set.of("enrolments.events", "listings.events", "payments.events")),
        Arguments.of(
            StatusTopology.applicationId(schema),
            StatusTopology.of(schema, InputLog.single(), CommandTopology.DEFAULT_MEMORY),
            Set.of("command-status"),
            Set.of("calculator.commands", "calculator.outcomes")),
        Arguments.of(
            HistoryTopology.applicationId(schema),
            HistoryTopology.of(CALCULATOR),
            Set.of("history-events", "history-snapshots", "history-last", "history-outcomes"),
            Set.of("calculator.events", "calculator.outcomes")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("applications")
  void is_the_approved_topology(String application, Topology topology, Set<String> stores)
      throws IOException {
    String file = "/approved/" + application + "topology.txt";
    try (InputStream in = DescribedTopologiesTest.class.getResourceAsStream(file)) {
      assertEquals(
          in == null ? "(there is no " + file + ")" : new String(in.readAllBytes(), UTF_8).strip(),
          topology.describe().toString().strip());
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("applications")
  void names_every_store_itself(String application, Topology topology, Set<String> stores) {
    try (TopologyTestDriver driver =
        new TopologyTestDriver(topology, CommandDriver.settings(application, directory))) {
      assertEquals(new TreeSet<>(stores), new TreeSet<>(driver.getAllStateStores().keySet()));
    }
    assertFalse(
        topology.describe().toString().matches("(?s).*\\d{10}.*"),
        "a name with a number was made by Kafka Streams");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("applications")
  void reads_these_topics_and_no_other(
      String application, Topology topology, Set<String> stores, Set<String> topics) {
    assertEquals(Set.of(), topology.describe().globalStores());
    Set<String> read = new TreeSet<>();
    topology
        .describe()
        .subtopologies()
        .forEach(
            part ->
                part.nodes().stream()
                    .filter(Source.class::isInstance)
                    .map(Source.class::cast)
                    .forEach(source -> read.addAll(source.topicSet())));
    assertEquals(new TreeSet<>(topics), read);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("applications")
  void runs_where_every_internal_name_must_be_given(
      String application, Topology topology, Set<String> stores) {
    Properties settings = CommandDriver.settings(application, directory);
    settings.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    // Kafka Streams says no when it builds; a driver does not have to be used.
    new TopologyTestDriver(topology, settings).close();
  }

  @Test
  void a_log_that_took_the_place_of_another_is_read_and_written_under_its_own_names() {
    Domain<?, ?, ?> calculator = CALCULATOR.onLogs(Map.of("calculator", 2, "prices", 9));
    DomainSchema<?, ?> schema = calculator.schema();

    assertEquals(
        List.of(
            "pleat.calculator.log.g2.",
            "pleat.calculator.log.g2.-aggregates-changelog",
            "pleat.calculator.g2.command-status.",
            "pleat.calculator.g2.history.",
            "pleat.calculator.values.g5."),
        List.of(
            CommandTopology.applicationId(schema),
            CommandTopology.stateTopic(schema),
            StatusTopology.applicationId(schema),
            HistoryTopology.applicationId(schema),
            ViewTopology.applicationId(schema, schema.view("values").orElseThrow(), 5)));
    assertEquals(
        Set.of(
            "calculator.commands",
            "calculator.events.g2",
            "calculator.outcomes.g2",
            "calculator.dead-letters.g2"),
        topicsOf(CommandTopology.of(calculator)));
    assertEquals(
        Set.of("calculator.commands", "calculator.outcomes.g2"),
        topicsOf(StatusTopology.of(schema, InputLog.single(), CommandTopology.DEFAULT_MEMORY)));
    assertEquals(
        Set.of("calculator.events.g2", "calculator.outcomes.g2"),
        topicsOf(HistoryTopology.of(calculator)));
    assertEquals(Set.of("calculator.events.g2"), topicsOf(ViewTopology.of(calculator, "values")));
    assertEquals(
        Set.of("products.events.g3", "prices.events"),
        topicsOf(ViewTopology.of(CATALOGUE.onLogs(Map.of("products", 3)), "product-page")));
  }

  private static Set<String> topicsOf(Topology topology) {
    Set<String> topics = new TreeSet<>();
    for (var part : topology.describe().subtopologies()) {
      for (var node : part.nodes()) {
        if (node instanceof Source source && source.topicSet() != null) {
          topics.addAll(source.topicSet());
        } else if (node instanceof Sink sink && sink.topic() != null) {
          topics.add(sink.topic());
        }
      }
    }
    return topics;
  }
}
