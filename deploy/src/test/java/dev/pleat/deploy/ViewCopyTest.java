package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.CopyReading;
import dev.pleat.schemas.IndexKey;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.ViewIndex;
import dev.pleat.topology.customers.CustomerDomain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

/** A copy on disk: what is written together is there together. */
final class ViewCopyTest {

  private static final Instant BEGUN = Instant.parse("2026-11-21T10:00:00Z");
  private static final String ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a1";
  private static final ViewIndex INDEX =
      ViewIndex.of(
          CustomerDomain.CUSTOMERS, CustomerSchema.SCHEMA.view(CustomerSchema.BY_ID).orElseThrow());

  @TempDir Path directory;

  private final StoreMemory memory = new StoreMemory(16 * 1024 * 1024);

  @AfterEach
  void close() {
    memory.close();
  }

  private ViewCopy open(String name) throws RocksDBException {
    return new ViewCopy(directory.resolve(name), INDEX, memory);
  }

  private static Checkpoint at(long rows) {
    return new Checkpoint(
        1,
        List.of("topic"),
        Map.of("customers", "log"),
        List.of(rows),
        List.of(rows),
        BEGUN.toEpochMilli(),
        true);
  }

  private static Optional<byte[]> customer(int number, String email) {
    return Optional.of(
        "{\"email\":\"%s\",\"customer-id\":\"%s%02d\",\"invited\":true}"
            .formatted(email, ID, number)
            .getBytes(UTF_8));
  }

  /** Whoever has this address, by the index. */
  private static List<String> found(CopyReading copy, String email) {
    byte[] beginning = IndexKey.text(CustomerSchema.BY_EMAIL, email);
    List<String> found = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> entries =
        copy.index().range(Bytes.wrap(beginning), Bytes.wrap(IndexKey.after(beginning)))) {
      entries.forEachRemaining(
          entry -> found.add(IndexKey.rowKeyAfter(beginning, entry.key.get())));
    }
    return found;
  }

  private static int count(CopyReading copy) {
    int count = 0;
    try (KeyValueIterator<String, byte[]> rows = copy.rows().all()) {
      while (rows.hasNext()) {
        rows.next();
        count++;
      }
    }
    return count;
  }

  @Test
  void rows_and_offsets_agree_wherever_a_process_was_killed() throws Exception {
    try (ViewCopy copy = open("whole")) {
      for (int i = 1; i <= 60; i++) {
        copy.writeRows(Map.of(ID + i, customer(i, "c" + i + "@example.org")), at(i));
        if (i % 20 == 7) {
          // What lies on disk now is what a killed process leaves.
          copyFiles(directory.resolve("whole"), directory.resolve("killed" + i));
          try (ViewCopy killed = open("killed" + i);
              CopyReading left = killed.read().orElseThrow()) {
            assertEquals(List.of((long) i), left.state().positions());
            assertEquals(i, count(left));
            assertEquals(List.of(ID + i), found(left, "c" + i + "@example.org"));
          }
        }
      }
    }
    try (ViewCopy again = open("whole");
        CopyReading left = again.read().orElseThrow()) {
      assertEquals(60, count(left));
      assertEquals(at(60), again.checkpoint().orElseThrow());
    }
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> all = Files.list(from)) {
      for (Path each : all.filter(it -> !it.endsWith("LOCK")).toList()) {
        Files.copy(each, to.resolve(each.getFileName()));
      }
    }
  }

  @Test
  void rows_index_and_offsets_agree_in_every_reading() throws Exception {
    try (ViewCopy copy = open("concurrent")) {
      copy.writeRows(Map.of(ID + 1, customer(1, "same@example.org")), at(1));
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 2; i <= 2_000; i++) {
                      copy.writeRows(Map.of(ID + i, customer(i, "same@example.org")), at(i));
                    }
                  });
      long last = 0;
      while (last < 2_000) {
        try (CopyReading reading = copy.read().orElseThrow()) {
          last = reading.state().positions().get(0);
          assertEquals(last, count(reading));
          assertEquals(last, found(reading, "same@example.org").size());
        }
      }
      writer.join();
    }
  }

  @Test
  void the_index_follows_the_rows() throws Exception {
    try (ViewCopy copy = open("indexed")) {
      copy.writeRows(
          Map.of("one", customer(1, "a@example.org"), "two", customer(2, "b@example.org")), at(2));
      copy.writeRows(Map.of("one", customer(1, "c@example.org"), "two", Optional.empty()), at(4));
      try (CopyReading now = copy.read().orElseThrow()) {
        assertEquals(List.of(), found(now, "a@example.org"));
        assertEquals(List.of(), found(now, "b@example.org"));
        assertEquals(List.of("one"), found(now, "c@example.org"));
        assertEquals(1, count(now));
      }
    }
  }

  @Test
  void a_reading_does_not_see_what_is_written_meanwhile() throws Exception {
    try (ViewCopy copy = open("read")) {
      copy.writeRows(Map.of("one", customer(1, "a@example.org")), at(1));
      try (CopyReading before = copy.read().orElseThrow()) {
        copy.writeRows(Map.of("one", Optional.empty()), at(2));
        copy.writeSeen(
            Map.of("one", Optional.of(ByteBuffer.allocate(Long.BYTES).putLong(7).array())),
            at(3).levelAt(BEGUN.plusSeconds(9)));
        assertEquals(1, count(before));
        assertEquals(0, before.seen("one"));
        assertEquals(BEGUN, before.state().level());
        assertEquals(List.of(1L), before.state().positions());
      }
      try (CopyReading now = copy.read().orElseThrow()) {
        assertEquals(0, count(now));
        assertEquals(7, now.seen("one"));
        assertEquals(BEGUN.plusSeconds(9), now.state().level());
      }
    }
  }

  @Test
  void is_not_closed_while_somebody_reads_it() throws Exception {
    ViewCopy copy = open("closing");
    copy.writeRows(Map.of("one", customer(1, "a@example.org")), at(1));
    CountDownLatch closed = new CountDownLatch(1);
    try (CopyReading reading = copy.read().orElseThrow()) {
      Thread.ofPlatform()
          .start(
              () -> {
                copy.close();
                closed.countDown();
              });
      assertFalse(closed.await(200, TimeUnit.MILLISECONDS));
      assertEquals(1, count(reading));
    }
    assertTrue(closed.await(10, TimeUnit.SECONDS));
    assertEquals(Optional.empty(), copy.read());
  }

  @Test
  void nothing_is_written_of_a_batch_with_a_row_of_another_view() throws Exception {
    try (ViewCopy copy = open("strange")) {
      copy.writeRows(Map.of("one", customer(1, "a@example.org")), at(1));
      Map<String, Optional<byte[]>> strange =
          Map.of("two", customer(2, "b@example.org"), "bad", Optional.of("[]".getBytes(UTF_8)));

      ViewCopy.Unusable refused =
          assertThrows(ViewCopy.Unusable.class, () -> copy.writeRows(strange, at(3)));

      assertTrue(String.valueOf(refused.getMessage()).contains("bad"));
      try (CopyReading now = copy.read().orElseThrow()) {
        assertEquals(1, count(now));
        assertEquals(List.of(1L), now.state().positions());
      }
    }
  }
}
