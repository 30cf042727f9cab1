package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.topology.customers.CustomerDomain;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A row of the log of generations. */
final class GenerationTest {

  private static final Generation THIRD =
      new Generation("by-id", 3, 2, Generation.State.BUILDING, 500);

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
            "{\"view\":\"other\",\"generation\":3,\"version\":1,\"state\":\"building\","
                + "\"events-per-second\":0}")) {
      assertEquals(Optional.empty(), Generation.read("by-id.g3", row.getBytes(UTF_8)), row);
    }
    assertEquals(Optional.empty(), Generation.read("by-id.g4", THIRD.bytes()), "another key");
  }
}
