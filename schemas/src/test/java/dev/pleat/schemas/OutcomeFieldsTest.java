package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** An outcome that is read in one pass is what the general way makes of it. */
class OutcomeFieldsTest {

  private static final int CASES = 30_000;
  private static final String[] TEXTS = {
    "value-not-found", "a detail with spaces", "\"quoted\"", "Gruß", "", "\u0001", "{\"id\":1}"
  };

  @Test
  void reads_the_usual_outcome_in_one_pass() {
    Outcome outcome =
        new Outcome(
            UUID.fromString("7037a79d-7e6b-4969-9ea5-6d5c28605ac4"),
            UUID.fromString("6f9a1c52-2d70-4e2b-8a3f-1a5d0c9b7e11"),
            new Accepted(7, List.of(UUID.fromString("d35e95f5-2a7a-4c31-8d28-2eb92643a154"))),
            Instant.parse("2026-11-21T10:00:00.012Z"),
            Optional.of("order 7"),
            Optional.of("anna"),
            true);

    assertEquals(outcome, OutcomeFields.read(JsonCodec.write(outcome)));
  }

  @Test
  void leaves_to_the_general_way_what_is_not_an_outcome() {
    for (String other :
        List.of(
            "",
            "{}",
            "[]",
            "{\"id\":\"7037a79d-7e6b-4969-9ea5-6d5c28605ac4\"}",
            usual("CommandDreamt", "{\"version\":1}"),
            usual("CommandAccepted", "{\"version\":1}"),
            usual("CommandUnchanged", "{}"),
            usual("CommandUnchanged", "{\"version\":-1}"),
            usual("CommandRejected", "{\"version\":1,\"reason\":\"no\"}"),
            usual("CommandUnchanged", "{\"version\":1}") + "x")) {
      assertNull(OutcomeFields.read(other.getBytes(UTF_8)), other);
    }
    assertNotNull(OutcomeFields.read(usual("CommandUnchanged", "{\"version\":1}").getBytes(UTF_8)));
  }

  @Test
  void agrees_with_the_general_way_on_whatever_it_reads() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int inOnePass = 0;
    for (int i = 0; i < CASES; i++) {
      byte[] bytes = JsonCodec.write(outcome(random));
      if (random.nextBoolean()) {
        bytes = damaged(bytes, random);
      }
      Outcome usual = OutcomeFields.read(bytes);
      if (usual != null) {
        inOnePass++;
        assertEquals(
            JsonCodec.readAnyOutcome(bytes),
            usual,
            "seed " + seed + ": " + new String(bytes, UTF_8));
      }
    }
    assertTrue(inOnePass > CASES / 8, "seed " + seed + ": only " + inOnePass);
  }

  private static String usual(String action, String data) {
    return "{\"id\":\"7037a79d-7e6b-4969-9ea5-6d5c28605ac4\","
        + "\"parent-id\":\"6f9a1c52-2d70-4e2b-8a3f-1a5d0c9b7e11\",\"action\":\""
        + action
        + "\",\"data\":"
        + data
        + ",\"timestamp\":\"2026-11-21T10:00:00.000Z\"}";
  }

  private static Outcome outcome(Random random) {
    return new Outcome(
        uuid(random),
        uuid(random),
        verdict(random),
        Instant.ofEpochMilli(random.nextLong(4_000_000_000_000L)),
        label(random),
        label(random),
        random.nextInt(4) == 0);
  }

  private static Verdict verdict(Random random) {
    long version = random.nextLong(random.nextInt(8) > 0 ? 1_000_000 : Long.MAX_VALUE);
    return switch (random.nextInt(3)) {
      case 0 ->
          new Accepted(
              version,
              IntStream.rangeClosed(0, random.nextInt(3)).mapToObj(i -> uuid(random)).toList());
      case 1 -> new Unchanged(version);
      default -> new Rejected(version, text(random), text(random));
    };
  }

  private static Optional<String> label(Random random) {
    return Optional.of(text(random)).filter(text -> !text.isEmpty() && random.nextBoolean());
  }

  private static String text(Random random) {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private static UUID uuid(Random random) {
    return new UUID(random.nextLong(), random.nextLong());
  }

  /** One byte is another, or lost, or there twice. */
  private static byte[] damaged(byte[] bytes, Random random) {
    StringBuilder text = new StringBuilder(new String(bytes, UTF_8));
    int at = random.nextInt(text.length());
    switch (random.nextInt(3)) {
      case 0 -> text.setCharAt(at, (char) (' ' + random.nextInt(95)));
      case 1 -> text.deleteCharAt(at);
      default -> text.insert(at, text.charAt(at));
    }
    return text.toString().getBytes(UTF_8);
  }
}
