package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.START;
import static dev.pleat.topology.CommandDriver.command;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.topology.CommandDriver.Written;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be read as a command is kept with its reason, and never in the way of the next. */
class DeadLettersTest {

  private static final byte[] KEY = "p".getBytes(UTF_8);
  private static final SubmittedCommand GOOD = command(1, new WriteLines("p", List.of("a")));

  @TempDir Path directory;
  private CommandDriver journal;
  private int sent;

  @BeforeEach
  void open() {
    journal = new CommandDriver(Journal.JOURNAL, directory);
  }

  @AfterEach
  void close() {
    journal.close();
  }

  @Test
  void keeps_a_record_without_a_key() {
    assertDeadLetter("no-key", null, JsonCodec.write(GOOD));
    assertDeadLetter("no-key", new byte[0], JsonCodec.write(GOOD));
  }

  @Test
  void keeps_a_record_without_a_value() {
    assertDeadLetter("no-value", KEY, null);
    assertDeadLetter("no-value", KEY, new byte[0]);
  }

  @Test
  void keeps_a_key_that_is_no_id() {
    assertDeadLetter("invalid-key", new byte[] {(byte) 0xff}, JsonCodec.write(GOOD));
    assertDeadLetter("invalid-key", new byte[] {(byte) 0xc0, (byte) 0x80}, JsonCodec.write(GOOD));
    assertDeadLetter("invalid-key", "a\0b".getBytes(UTF_8), JsonCodec.write(GOOD));
    assertDeadLetter("invalid-key", "x".repeat(257).getBytes(UTF_8), JsonCodec.write(GOOD));
    assertDeadLetter("invalid-key", "é".repeat(129).getBytes(UTF_8), JsonCodec.write(GOOD));
  }

  @Test
  void keeps_bytes_that_are_no_command() {
    String good = new String(JsonCodec.write(GOOD), UTF_8);
    for (String bad :
        List.of(
            "garbage",
            "[]",
            "{}{}",
            good.substring(0, good.length() - 1),
            good.replace("\"action\":\"WriteLines\",", ""),
            good.replace("\"WriteLines\"", "7"),
            good.replace("[\"a\"]", "[NaN]"),
            good.replace("[\"a\"]", "1e2147483648"),
            good.replace("[\"a\"]", "\"\\ud800\""),
            good.replace("\"a\"", "[".repeat(100) + "]".repeat(100)),
            good.replace("1970-01-01T", "yesterday"),
            good.replace(
                "\"timestamp\"", "\"not-after\":\"+1000000000-12-31T23:59:59Z\",\"timestamp\""),
            good.replace("\"timestamp\"", "\"expected-version\":-1,\"timestamp\""))) {
      assertDeadLetter("unreadable", KEY, bad.getBytes(UTF_8));
    }
    assertDeadLetter("unreadable", KEY, new byte[] {0, 0, 0, 0, 1, 2, 3});
  }

  @Test
  void keeps_a_command_without_an_id_of_its_own() {
    String good = new String(JsonCodec.write(GOOD), UTF_8);
    String id = "\"" + GOOD.id() + "\"";
    assertDeadLetter("no-command-id", KEY, "{}".getBytes(UTF_8));
    assertDeadLetter("no-command-id", KEY, good.replace("\"id\"", "\"ID\"").getBytes(UTF_8));
    assertDeadLetter("no-command-id", KEY, good.replace(id, "null").getBytes(UTF_8));
    assertDeadLetter("invalid-command-id", KEY, good.replace(id, "17").getBytes(UTF_8));
    assertDeadLetter("invalid-command-id", KEY, good.replace(id, "\"x\"").getBytes(UTF_8));
  }

  @Test
  void keeps_the_first_64_KiB_and_the_digest_of_a_value_too_large_to_copy() throws Exception {
    byte[] value = new byte[1_000_000];
    new SplittableRandom(7).nextBytes(value);

    TestRecord<byte[], byte[]> letter = deadLetter("value-too-large", KEY, value);

    assertArrayEquals(Arrays.copyOf(value, 64 * 1024), letter.value());
    assertEquals(sha256(value), header(letter, "pleat-value-sha256"));
    assertNull(header(letter, "pleat-key-sha256"));
    assertEquals(
        "the value has 1000000 bytes, a command at most 819200", header(letter, "pleat-detail"));
  }

  @Test
  void copies_a_value_that_is_too_large_for_a_command_but_not_for_a_copy() {
    byte[] value = new byte[800 * 1024 + 1];

    TestRecord<byte[], byte[]> letter = deadLetter("value-too-large", KEY, value);

    assertArrayEquals(value, letter.value());
    assertNull(header(letter, "pleat-value-sha256"));
  }

  @Test
  void takes_a_command_of_800_KiB() {
    String good = new String(JsonCodec.write(GOOD), UTF_8);
    String large = " ".repeat(800 * 1024 - good.length()) + good;

    assertInstanceOf(Accepted.class, journal.send("p", large).outcome().verdict());
  }

  @Test
  void keeps_the_first_64_KiB_and_the_digest_of_a_huge_key() throws Exception {
    byte[] key = "k".repeat(950_000).getBytes(UTF_8);

    TestRecord<byte[], byte[]> letter = deadLetter("invalid-key", key, JsonCodec.write(GOOD));

    assertArrayEquals(Arrays.copyOf(key, 64 * 1024), letter.key());
    assertEquals(sha256(key), header(letter, "pleat-key-sha256"));
    assertArrayEquals(JsonCodec.write(GOOD), letter.value());
  }

  @Test
  void copies_the_headers_and_adds_its_own_after_them() {
    Headers headers = new RecordHeaders();
    headers.add("pleat-reason", "forged".getBytes(UTF_8));
    headers.add("binary", new byte[] {(byte) 0xff, 0});
    headers.add("empty", null);

    TestRecord<byte[], byte[]> letter =
        journal.pipe(KEY, "x".getBytes(UTF_8), headers).deadLetters().getFirst();

    assertEquals("unreadable", header(letter, "pleat-reason"));
    assertEquals(
        "forged",
        new String(letter.headers().headers("pleat-reason").iterator().next().value(), UTF_8));
    assertArrayEquals(new byte[] {(byte) 0xff, 0}, letter.headers().lastHeader("binary").value());
    assertNull(letter.headers().lastHeader("empty").value());
  }

  @Test
  void drops_headers_that_are_too_large_to_copy_and_says_so() {
    Headers headers = new RecordHeaders();
    headers.add("huge", new byte[900_000]);

    TestRecord<byte[], byte[]> letter =
        journal.pipe(KEY, "x".getBytes(UTF_8), headers).deadLetters().getFirst();

    assertNull(letter.headers().lastHeader("huge"));
    assertEquals("900012", header(letter, "pleat-headers-dropped"));
    assertEquals("x", new String(letter.value(), UTF_8));
  }

  @Test
  void carries_no_hostile_header_to_an_outcome() {
    Headers headers = new RecordHeaders();
    headers.add("huge", new byte[900_000]);
    headers.add("traceparent", new byte[257]);
    headers.add("pleat-request-id", new byte[65]);

    Written written = journal.pipe(KEY, JsonCodec.write(GOOD), headers);

    assertInstanceOf(Accepted.class, written.outcome().verdict());
    assertEquals(0, written.outcomes().getFirst().headers().toArray().length);
    assertEquals(0, written.events().getFirst().headers().toArray().length);
  }

  @Test
  void fits_in_a_record_whatever_came() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 50; i++) {
      byte[] key = new byte[random.nextInt(600_000)];
      byte[] value = new byte[random.nextInt(600_000)];
      Headers headers = new RecordHeaders();
      for (int h = random.nextInt(3); h > 0; h--) {
        headers.add("h".repeat(random.nextInt(1, 1000)), new byte[random.nextInt(100_000)]);
      }
      TestRecord<byte[], byte[]> letter =
          journal.pipe(key, value, headers).deadLetters().getFirst();
      int size = letter.key().length + letter.value().length;
      for (Header header : letter.headers()) {
        size += header.key().length() + (header.value() == null ? 0 : header.value().length);
      }
      assertTrue(size < 1_000_000, "seed " + seed + ": " + size + " bytes");
    }
  }

  private void assertDeadLetter(String reason, byte[] key, byte[] value) {
    TestRecord<byte[], byte[]> letter = deadLetter(reason, key, value);
    assertArrayEquals(key, letter.key());
    assertArrayEquals(value, letter.value());
  }

  /** Sends it, checks what every dead letter has, and that the next command is decided. */
  private TestRecord<byte[], byte[]> deadLetter(String reason, byte[] key, byte[] value) {
    Written written = journal.pipe(key, value);
    String shown = value == null ? "null" : new String(value, UTF_8);
    assertEquals(List.of(), written.outcomes(), shown);
    assertEquals(List.of(), written.events(), shown);
    assertEquals(1, written.deadLetters().size(), shown);
    TestRecord<byte[], byte[]> letter = written.deadLetters().getFirst();
    Map<String, String> expected =
        Map.of(
            "pleat-reason",
            reason,
            "pleat-topic",
            "journal.commands",
            "pleat-partition",
            "0",
            "pleat-offset",
            Integer.toString(sent),
            "pleat-timestamp",
            Long.toString(START.toEpochMilli()));
    expected.forEach((name, text) -> assertEquals(text, header(letter, name), shown));
    assertTrue(header(letter, "pleat-detail").length() > 5, shown);
    assertEquals(START, letter.getRecordTime());

    assertInstanceOf(
        Accepted.class,
        journal
            .send("p", command(1000 + sent, new WriteLines("p", List.of("b"))))
            .outcome()
            .verdict());
    sent += 2;
    return letter;
  }

  private static String header(TestRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), UTF_8);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
