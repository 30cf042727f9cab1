package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** A row of the log of generations. */
final class GenerationTest {

  private static final Generation THIRD =
      new Generation("by-id", 3, 2, Generation.State.BUILDING, 500, Map.of());

  @Test
  void is_written_as_the_contract_says_and_read_back() {
    assertEquals(
        "{\"view\":\"by-id\",\"generation\":3,\"version\":2,\"state\":\"building\","
            + "\"events-per-second\":500}",
        new String(THIRD.bytes(), UTF_8));
    assertEquals(Optional.of(THIRD), Generation.read("by-id.g3", THIRD.bytes()));
    assertEquals(
        "pleat.customers.by-id.g3.",
        THIRD.applicationId(
            CustomerDomain.CUSTOMERS.schema(),
            CustomerDomain.CUSTOMERS.schema().view("by-id").orElseThrow()));
  }

  @Test
  void says_which_logs_it_is_made_from_where_these_are_not_the_first() {
    DomainSchema<?, ?> pages =
        CatalogueDomain.CATALOGUE.schema().onLogs(Map.of("products", 2, "catalogue", 5));
    Map<String, Integer> logs = Generation.logs(pages, pages.views().getFirst());
    Generation made = new Generation("by-id", 3, 2, Generation.State.BUILDING, 500, logs);

    assertEquals(Map.of("products", 2), logs);
    assertEquals(
        "{\"view\":\"by-id\",\"generation\":3,\"version\":2,\"state\":\"building\","
            + "\"events-per-second\":500,\"logs\":{\"products\":2}}",
        new String(made.bytes(), UTF_8));
    assertEquals(Optional.of(made), Generation.read("by-id.g3", made.bytes()));
    assertFalse(made.isLike(THIRD), "from another log");
    assertTrue(made.isLike(made.in(Generation.State.SERVING)));
  }

  @Test
  void a_number_is_of_those_logs_that_took_it_first() {
    GenerationRows rows = new GenerationRows();
    Generation other =
        new Generation("by-id", 3, 2, Generation.State.SERVING, 0, Map.of("customers", 2));

    rows.apply(new ConsumerRecord<>("customers.views", 0, 0, THIRD.key(), THIRD.bytes()));
    rows.apply(new ConsumerRecord<>("customers.views", 0, 1, other.key(), other.bytes()));

    assertEquals(Optional.of(THIRD), rows.of("customers.views", "by-id", 3));
  }

  @Test
  void replaces_older_ones_and_never_one_of_a_newer_release() {
    assertTrue(THIRD.replaces(of(2, 2)), "made before, of the same version");
    assertTrue(THIRD.replaces(of(1, 1)), "of an older release");
    assertTrue(THIRD.replaces(of(4, 1)), "of an older release that was started again");
    assertFalse(THIRD.replaces(of(1, 3)), "of a newer release, made before");
    assertFalse(THIRD.replaces(of(4, 3)), "of a newer release");
    assertFalse(THIRD.replaces(of(4, 2)), "made later");
    assertFalse(THIRD.replaces(THIRD), "itself");
  }

  private static Generation of(int number, int version) {
    return new Generation("by-id", number, version, Generation.State.SERVING, 0, Map.of());
  }

  @Test
  void anything_else_is_none() {
    for (String row :
        List.of(
            "",
            "null",
            "{}",
            "[]",
            "no JSON",
            "{\"view\":\"by-id\",\"generation\":3,\"version\":2,\"state\":\"gone\","
                + "\"events-per-second\":0}",
            "{\"view\":\"by-id\",\"generation\":3,\"version\":0,\"state\":\"building\","
                + "\"events-per-second\":0}",
            "{\"view\":\"by-id\",\"generation\":3,\"version\":1,\"state\":\"building\","
                + "\"events-per-second\":-1}",
            "{\"view\":\"by-id\",\"generation\":3,\"version\":1,\"state\":\"building\","
                + "\"events-per-second\":0,\"logs\":{\"customers\":1}}",
            "{\"view\":\"other\",\"generation\":3,\"version\":1,\"state\":\"building\","
                + "\"events-per-second\":0}")) {
      assertEquals(Optional.empty(), Generation.read("by-id.g3", row.getBytes(UTF_8)), row);
    }
    assertEquals(Optional.empty(), Generation.read("by-id.g4", THIRD.bytes()), "another key");
  }
}
