package dev.pleat.topology;

import static dev.pleat.topology.CommandDriver.command;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.topology.journal.Journal;
import dev.pleat.topology.journal.JournalCommand.WriteLines;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happens when the consumer group is rewound or the commands topic is another one. A driver
 * cannot rewind, so the processor runs in a context that holds its stores and nothing else.
 */
class ProcessedPositionTest {

  private static final Duration MEMORY = Duration.ofHours(1);

  @TempDir Path directory;
  private MockProcessorContext<byte[], byte[]> context;
  private KeyValueStore<Integer, byte[]> positions;

  @BeforeEach
  void open() {
    Properties settings = CommandDriver.settings("test", directory);
    context = new MockProcessorContext<>(settings, new TaskId(0, 0), directory.toFile());
    positions =
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("processed-position"),
                Serdes.Integer(),
                Serdes.ByteArray())
            .withLoggingDisabled()
            .build();
    add(positions);
    add(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(Aggregate.STORE), Serdes.String(), Serdes.ByteArray())
            .withLoggingDisabled()
            .build());
    add(
        Stores.windowStoreBuilder(
                Stores.inMemoryWindowStore(
                    "decided-commands", MEMORY.multipliedBy(2), Duration.ofMillis(1), false),
                Serdes.ByteArray(),
                Serdes.ByteArray())
            .withLoggingDisabled()
            .build());
  }

  private void add(StateStore store) {
    store.init(context.getStateStoreContext(), store);
    context.addStateStore(store);
  }

  @Test
  void kafka_streams_still_has_a_way_to_send_the_row_before_a_commit() {
    List<Boolean> cached = new ArrayList<>();
    Topology topology =
        new Topology()
            .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "in")
            .addProcessor(
                "looks",
                () ->
                    new Processor<byte[], byte[], Void, Void>() {
                      @Override
                      public void init(ProcessorContext<Void, Void> opened) {
                        StateStore store = opened.getStateStore(ProcessedPosition.STORE);
                        cached.add(CachedStore.send(store));
                      }

                      @Override
                      public void process(Record<byte[], byte[]> record) {}
                    },
                "in")
            .addStateStore(ProcessedPosition.store(ProcessedPosition.STORE), "looks");

    new TopologyTestDriver(topology, CommandDriver.settings("looks", directory)).close();

    assertEquals(List.of(true), cached);
  }

  @Test
  void skips_a_record_that_was_answered_before() {
    var processor = started(new InputLog("one", 1, false));
    process(processor, 0, "a");
    process(processor, 1, "b");

    process(processor, 0, "a");
    process(processor, 1, "c");

    assertEquals(List.of(), forwarded());
    process(processor, 2, "c");
    assertEquals(List.of("events", "outcomes"), forwarded());
  }

  @Test
  void skips_it_after_a_restart_too_though_the_command_would_be_forgotten() {
    process(started(new InputLog("one", 1, false)), 0, "a");
    var restarted = started(new InputLog("one", 1, false));

    processAt(restarted, 0, "a", MEMORY.toMillis() * 3);

    assertEquals(List.of(), forwarded());
  }

  @Test
  void skips_a_dead_letter_that_was_written_before() {
    var processor = started(new InputLog("one", 1, false));
    context.setRecordMetadata("journal.commands", 0, 0);
    processor.process(new Record<>(null, null, 0));
    assertEquals(List.of("dead-letters"), forwarded());

    processor.process(new Record<>(null, null, 0));

    assertEquals(List.of(), forwarded());
  }

  @Test
  void goes_on_behind_offsets_that_hold_no_record() {
    var processor = started(new InputLog("one", 1, false));
    process(processor, 5, "a");
    assertEquals(List.of("events", "outcomes"), List.copyOf(lastForwarded));
    process(processor, 9, "b");
    process(processor, 7, "c");

    assertEquals(List.of(), forwarded());
  }

  @Test
  void refuses_to_start_on_a_topic_that_was_created_again() {
    process(started(new InputLog("one", 1, false)), 0, "a");

    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> started(new InputLog("two", 1, false)));

    assertEquals(
        "partition 0: the state was made from topic one, this one is two: it was deleted"
            + " and created again",
        refused.getMessage());
  }

  @Test
  void starts_on_a_topic_that_was_created_again_when_told_so() {
    process(started(new InputLog("one", 1, false)), 0, "a");
    var told = started(new InputLog("two", 1, true));
    process(told, 0, "b");
    assertEquals(List.of("events", "outcomes"), List.copyOf(lastForwarded));

    // From here on it is the topic it knows.
    var afterwards = started(new InputLog("two", 1, false));
    process(afterwards, 0, "c");
    assertEquals(List.of(), forwarded());
    assertThrows(IllegalStateException.class, () -> started(new InputLog("one", 1, false)));
  }

  @Test
  void refuses_state_that_is_being_folded_anew_until_told_that_it_is_complete() {
    InputLog log = new InputLog("one", 1, false);
    RefoldMark.leave(context, 2);

    for (InputLog untold : List.of(log, log.afterRefolds(1))) {
      assertEquals(
          "partition 0: its state is being folded anew from the events and is not complete",
          assertThrows(IllegalStateException.class, () -> started(untold)).getMessage());
    }
    process(started(log.afterRefolds(2)), 0, "a");
    assertEquals(List.of("events", "outcomes"), List.copyOf(lastForwarded));
    process(started(log.afterRefolds(3)), 1, "b");
    assertEquals(List.of("events", "outcomes"), List.copyOf(lastForwarded));
  }

  @Test
  void refuses_for_ever_state_of_a_log_that_another_one_took_the_place_of() {
    ClosingMark mark = ClosingMark.of(Journal.SCHEMA, 2).getFirst();
    positions.put(new IntegerDeserializer().deserialize(mark.topic(), mark.key()), mark.value());

    assertEquals("pleat.journal.commands.-processed-position-changelog", mark.topic());
    for (int refolds : new int[] {0, 1, Integer.MAX_VALUE}) {
      String refused =
          assertThrows(
                  IllegalStateException.class,
                  () -> started(new InputLog("one", 1, false).afterRefolds(refolds)))
              .getMessage();
      assertTrue(refused.contains("took the place of this one; start this process"), refused);
    }
    @SuppressWarnings("unchecked") // it forwards nothing
    ProcessorContext<Void, Void> refolding =
        (ProcessorContext<Void, Void>) (ProcessorContext<?, ?>) context;
    var refold =
        RefoldProcessor.supplier(Journal.JOURNAL, 7, MemoryLimits.DEFAULT, Instant.EPOCH).get();
    assertThrows(IllegalStateException.class, () -> refold.init(refolding));
  }

  @Test
  void refuses_a_position_of_another_format() {
    positions.put(0, new byte[] {3, 0, 0});

    assertThrows(IllegalStateException.class, () -> started(new InputLog("", 1, false)));
    positions.put(0, new byte[] {1, 0});
    assertThrows(IllegalStateException.class, () -> started(new InputLog("", 1, false)));
  }

  @Test
  void knows_after_a_restart_how_much_room_the_memory_takes() {
    limits = new MemoryLimits(MEMORY, 1_000);
    var processor = started(new InputLog("one", 1, false));
    int offset = 0;
    do {
      process(processor, offset++, Character.toString('a' + offset));
    } while (lastForwarded.equals(List.of("events", "outcomes")));
    assertTrue(offset > Aggregate.REMEMBERED_HERE, "after " + offset + " commands");
    assertEquals(List.of("outcomes"), lastForwarded);

    process(started(new InputLog("one", 1, false)), offset, "Z");

    assertEquals(List.of("outcomes"), lastForwarded);
    limits = new MemoryLimits(MEMORY, 2_000);
    process(started(new InputLog("one", 1, false)), offset + 1, "Z");
    assertEquals(List.of("events", "outcomes"), lastForwarded);
  }

  private List<String> lastForwarded = List.of();
  private MemoryLimits limits = new MemoryLimits(MEMORY, 1_000_000);

  private Processor<byte[], byte[], byte[], byte[]> started(InputLog log) {
    context.resetForwards();
    var processor = CommandProcessor.supplier(Journal.JOURNAL, log, limits).get();
    processor.init(context);
    return processor;
  }

  private void process(
      Processor<byte[], byte[], byte[], byte[]> processor, long offset, String line) {
    processAt(processor, offset, line, 1_000);
  }

  private void processAt(
      Processor<byte[], byte[], byte[], byte[]> processor, long offset, String line, long time) {
    context.setRecordMetadata("journal.commands", 0, offset);
    context.resetForwards();
    processor.process(
        new Record<>(
            "p".getBytes(UTF_8),
            JsonCodec.write(command(line.charAt(0), new WriteLines("p", List.of(line)))),
            time));
    lastForwarded = read();
  }

  /** Where the last record led to. */
  private List<String> forwarded() {
    List<String> children = read();
    context.resetForwards();
    return children;
  }

  private List<String> read() {
    return context.forwarded().stream().map(forward -> forward.childName().orElse("all")).toList();
  }
}
