package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.Domain;
import dev.pleat.topology.ViewTopology;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.junit.jupiter.api.Test;

/** Which topics an event passes on its way to the rows. */
final class ApplicationPositionsTest {

  private static List<Set<String>> between(String id, Topology topology, String eventsTopic) {
    // Nobody is asked: where the topics lie is in the topology.
    try (Admin nobody =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1"))) {
      return new ApplicationPositions(
              id, topology.describe(), new TrackedClients(Pace.unlimited()), new LogEnds(nobody))
          .between(eventsTopic);
    }
  }

  private static List<Set<String>> between(Domain<?, ?, ?> domain, String view, String topic) {
    return between("id.", ViewTopology.of(domain, view), topic);
  }

  @Test
  void there_are_none_where_rows_lie_with_their_events() {
    assertEquals(List.of(), between(CalculatorDomain.CALCULATOR, "values", "calculator.events"));
    assertEquals(List.of(), between(CatalogueDomain.CATALOGUE, "product-page", "products.events"));
  }

  @Test
  void there_is_one_where_rows_are_keyed_anew_or_summed_up() {
    assertEquals(
        List.of(Set.of("id.-customer-id-repartition")),
        between(CustomerDomain.CUSTOMERS, "by-id", "customers.events"));
    assertEquals(
        List.of(Set.of("id.-by-category-repartition")),
        between(Shelves.SHELVES, "filled", "products.events"));
  }

  @Test
  void a_topology_that_reads_what_it_wrote_is_refused() {
    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream("events").to("again");
    builder.<String, String>stream("again").to("events");

    String why =
        assertThrows(
                IllegalArgumentException.class, () -> between("id.", builder.build(), "events"))
            .getMessage();

    assertTrue(why.contains("in a circle"), why);
  }
}
