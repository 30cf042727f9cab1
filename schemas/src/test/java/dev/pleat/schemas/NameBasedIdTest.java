package dev.pleat.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Ids that are names are those of RFC 9562, and their names never change. */
class NameBasedIdTest {

  private static final UUID DNS = UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  private static final UUID COMMAND = UUID.fromString("7037a79d-7e6b-4969-9ea5-6d5c28605ac4");

  @Test
  void gives_the_example_of_the_rfc() {
    assertEquals(
        UUID.fromString("2ed6657d-e927-568b-95e1-2665a8aea6a2"),
        NameBasedId.of(DNS, "www.example.com"));
  }

  @Test
  void has_a_namespace_that_is_itself_a_name() {
    assertEquals(NameBasedId.of(DNS, "pleat.dev"), NameBasedId.NAMESPACE);
  }

  @Test
  void is_a_version_5_uuid_of_the_rfc_s_variant() throws Exception {
    UUID id = NameBasedId.ofEvent("calculator", "é", COMMAND, 0);

    assertEquals(5, id.version());
    assertEquals(2, id.variant());
    MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
    sha1.update(HexFormat.of().parseHex(NameBasedId.NAMESPACE.toString().replace("-", "")));
    byte[] hash = sha1.digest(("calculator/é/" + COMMAND + "/0").getBytes(StandardCharsets.UTF_8));
    assertEquals(HexFormat.of().formatHex(hash).substring(0, 8), id.toString().substring(0, 8));
  }

  @Test
  void keeps_its_names_for_ever() {
    String value = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
    assertEquals(
        UUID.fromString("173cfdf5-5636-586d-a8fe-04196c1950fb"),
        NameBasedId.ofEvent("calculator", value, COMMAND, 0));
    assertEquals(
        UUID.fromString("f6b86d32-942c-5ae9-920b-ce1eabdc3b6b"),
        NameBasedId.ofOutcome("calculator", value, COMMAND));
    assertEquals(
        UUID.fromString("b69d1428-73fc-5f00-92a5-36de6fc2f017"),
        NameBasedId.ofAggregate("calculator", COMMAND));
    assertEquals(
        UUID.fromString("591fbf47-c183-50d1-9b4e-04e9eb96dc5d"),
        new CommandContext("calculator", value, COMMAND, Instant.EPOCH, Optional.empty()).newId(0));
    assertEquals(
        NameBasedId.of(NameBasedId.NAMESPACE, "policy:market/enrolling/" + COMMAND + "/0"),
        NameBasedId.ofReaction("market", "enrolling", COMMAND, 0));
    assertEquals(
        NameBasedId.of(
            NameBasedId.NAMESPACE, "policy:market/enrolling/" + COMMAND + "/deadline/payment"),
        NameBasedId.ofDeadline("market", "enrolling", COMMAND, "payment"));
    assertEquals(
        NameBasedId.of(NameBasedId.NAMESPACE, "policy:market/enrolling/" + COMMAND + "/new/0"),
        new PolicyContext("market", "enrolling", value, COMMAND, 1, Instant.EPOCH).newId(0));
  }

  @Test
  void gives_everything_a_command_makes_another_id() {
    CommandContext context =
        new CommandContext("calculator", "a", COMMAND, Instant.EPOCH, Optional.empty());
    Set<UUID> ids = new HashSet<>();
    ids.add(NameBasedId.ofOutcome("calculator", "a", COMMAND));
    ids.add(NameBasedId.ofAggregate("calculator", COMMAND));
    for (int i = 0; i < 100; i++) {
      ids.add(NameBasedId.ofEvent("calculator", "a", COMMAND, i));
      ids.add(NameBasedId.ofEvent("calculator", "b", COMMAND, i));
      ids.add(NameBasedId.ofEvent("counter", "a", COMMAND, i));
      ids.add(context.newId(i));
    }

    assertEquals(402, ids.size());
  }
}
