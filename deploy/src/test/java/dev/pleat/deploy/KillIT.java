package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.guarantees.Guarantee;
import dev.pleat.deploy.guarantees.Log;
import dev.pleat.deploy.guarantees.Run;
import dev.pleat.deploy.guarantees.Sent;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application is killed again and again under load, its broker lives on in another JVM; every
 * promise holds all the same.
 */
final class KillIT {

  private static final int COMMANDS = 5_000;
  private static final int AGGREGATES = 50;
  private static final int CLIENTS = 16;
  private static final int KILLS = 10;

  @TempDir Path directory;

  @Test
  void keeps_every_promise_while_the_application_is_killed_ten_times() throws Exception {
    long seed = Long.getLong("pleat.seed", new Random().nextLong());
    System.out.println("KillIT: seed " + seed + " (-Dpleat.seed=" + seed + " runs it again)");
    Path data = directory.resolve("pleat");
    try (BrokerProcess broker = BrokerProcess.start(directory.resolve("broker"))) {
      PleatProcess[] pleat = {serve(broker, data, 0)};
      try {
        URI http = pleat[0].http();
        List<Sent> sent = new ArrayList<>();
        try (StubbornClient client = new StubbornClient(http)) {
          sent.addAll(sendAll(client, seed, () -> kill(pleat, broker, data, http)));
        }
        pleat[0].awaitReady();
        check(sent, broker, http);

        int aborted = aborted(broker);
        System.out.println("KillIT: " + aborted + " records of aborted transactions on the log");
        assertTrue(
            aborted > 0,
            "inconclusive: no transaction was aborted, so the kills have shown nothing");

        assertEquals(0, pleat[0].stop(), "exit code after SIGTERM");
        wipe(data.resolve("state"));
        pleat[0] = serve(broker, data, http.getPort());
        check(sent, broker, http);
        answersAsBefore(sent, http, seed);
      } finally {
        pleat[0].close();
      }
    }
  }

  private static PleatProcess serve(BrokerProcess broker, Path data, int port) {
    return PleatProcess.start(
        "kill-it",
        data,
        "--bootstrap-servers",
        broker.bootstrapServers(),
        "--partitions",
        "4",
        "--port",
        Integer.toString(port));
  }

  private static void kill(PleatProcess[] pleat, BrokerProcess broker, Path data, URI http) {
    pleat[0].kill();
    long start = System.nanoTime();
    pleat[0] = serve(broker, data, http.getPort());
    System.out.printf(
        "KillIT: ready again %d ms after kill -9%n", (System.nanoTime() - start) / 1_000_000);
  }

  /** Sends all commands from several clients, and kills when a seeded number has been answered. */
  private static List<Sent> sendAll(StubbornClient client, long seed, Runnable kill)
      throws InterruptedException, ExecutionException {
    SplittableRandom random = new SplittableRandom(seed);
    Queue<Sent> sent = new ConcurrentLinkedQueue<>();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < AGGREGATES; i++) {
      Sent created = client.create(new UUID(random.nextLong(), random.nextLong()), i);
      sent.add(created);
      values.add(created.valueId());
    }
    int[] killAt = random.ints(KILLS, AGGREGATES + 50, COMMANDS - 50).sorted().toArray();
    AtomicInteger next = new AtomicInteger(AGGREGATES);
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        SplittableRandom own = random.split();
        work.add(
            clients.submit(
                () -> {
                  while (next.getAndIncrement() < COMMANDS) {
                    sent.add(updateOne(client, own, values));
                  }
                }));
      }
      for (int at : killAt) {
        while (sent.size() < at && work.stream().anyMatch(future -> !future.isDone())) {
          LockSupport.parkNanos(1_000_000);
        }
        kill.run();
      }
      for (Future<?> done : work) {
        done.get();
      }
    }
    return List.copyOf(sent);
  }

  private static Sent updateOne(
      StubbornClient client, SplittableRandom random, List<String> values) {
    String value = values.get(random.nextInt(values.size()));
    UUID id = new UUID(random.nextLong(), random.nextLong());
    int kind = random.nextInt(20);
    Sent sent =
        switch (kind) {
          case 0 -> client.update(value, id, "MULTIPLY", 1, OptionalLong.empty());
          case 1 -> client.update(value, id, "ADD", 1, OptionalLong.of(1));
          default -> client.update(value, id, "ADD", 1 + kind, OptionalLong.empty());
        };
    // One in twenty is sent again although it was answered: the answer must be the same.
    if (random.nextInt(20) == 0 && kind > 1) {
      Sent again = client.update(value, id, "ADD", 1 + kind, OptionalLong.empty());
      assertEquals(sent, again, "the answer to a retry");
    }
    return sent;
  }

  private static void check(List<Sent> sent, BrokerProcess broker, URI http) {
    assertEquals(COMMANDS, sent.size(), "commands answered");
    Run run = Run.of(sent, broker.bootstrapServers(), http);
    for (Guarantee guarantee : Guarantee.ALL) {
      guarantee.check(run);
    }
  }

  private static void answersAsBefore(List<Sent> sent, URI http, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (StubbornClient client = new StubbornClient(http)) {
      for (int i = 0; i < AGGREGATES; i++) {
        Sent before = sent.get(i);
        UUID id = new UUID(random.nextLong(), random.nextLong());
        assertEquals(before, client.create(id, i), "the answer after the state was wiped");
      }
    }
  }

  private static int aborted(BrokerProcess broker) {
    String servers = broker.bootstrapServers();
    int aborted = 0;
    for (String topic :
        List.of(CalculatorSchema.SCHEMA.eventsTopic(), CalculatorSchema.SCHEMA.outcomesTopic())) {
      aborted += Log.uncommitted(servers, topic).size() - Log.committed(servers, topic).size();
    }
    return aborted;
  }

  private static void wipe(Path state) throws IOException {
    try (Stream<Path> files = Files.walk(state)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
