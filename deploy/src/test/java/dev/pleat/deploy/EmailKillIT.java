package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.MailServer.Delivery;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.customers.CustomerCommand.InviteCustomer;
import dev.pleat.schemas.customers.CustomerSchema;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application is killed again and again around the moment at which an invitation was delivered
 * and not recorded; its broker and the mail server live on. Every invitation is delivered, and each
 * kill leads to one repetition at most, with the same {@code Message-ID}.
 *
 * <p>{@code -Dpleat.email.kills=50} is the long run.
 */
final class EmailKillIT {

  private static final int KILLS = Integer.getInteger("pleat.email.kills", 3);
  private static final int INVITATIONS = 5;
  private static final int LATEST_KILL_MS = 30;
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  @TempDir Path directory;

  @Test
  void every_invitation_is_delivered_and_repeated_once_a_kill_at_most() throws Exception {
    long seed = Long.getLong("pleat.seed", new Random().nextLong());
    System.out.println("EmailKillIT: seed " + seed + " (-Dpleat.seed=" + seed + " runs it again)");
    SplittableRandom random = new SplittableRandom(seed);
    try (BrokerProcess broker = BrokerProcess.start(directory.resolve("broker"));
        MailServer mail = MailServer.start()) {
      PleatProcess pleat = serve(broker, mail);
      List<String> invited = new ArrayList<>();
      int unanswered = 0;
      try {
        // Only then it has begun; what happened before would not be its business.
        pleat.awaitReady();
        for (int kill = 0; kill < KILLS; kill++) {
          boolean beforeTheAnswer = random.nextBoolean();
          int victim = random.nextInt(1, INVITATIONS + 1);
          long laterMs = random.nextLong(LATEST_KILL_MS);
          Moment moment = new Moment(mail, victim, beforeTheAnswer);
          invited.addAll(invite(broker, kill));
          moment.await();
          if (!beforeTheAnswer) {
            LockSupport.parkNanos(Duration.ofMillis(laterMs).toNanos());
          } else {
            unanswered++;
          }
          pleat.kill();
          moment.over();
          System.out.printf(
              "EmailKillIT: kill %d: %d invitations, %d deliveries%n",
              kill + 1, invited.size(), mail.deliveries().size());
          pleat = serve(broker, mail);
        }
        await("all recorded", () -> sent(broker) == invited.size());
      } finally {
        pleat.close();
      }
      check(mail.deliveries(), invited, unanswered);
      assertEquals(invited.size(), sent(broker), "recorded once each");
    }
  }

  private static void check(List<Delivery> deliveries, List<String> invited, int unanswered) {
    Map<String, List<Delivery>> byRecipient =
        deliveries.stream()
            .collect(Collectors.groupingBy(Delivery::to, TreeMap::new, Collectors.toList()));
    assertEquals(invited.stream().sorted().toList(), List.copyOf(byRecipient.keySet()));
    byRecipient.forEach(
        (to, same) ->
            assertEquals(
                1,
                same.stream().map(Delivery::messageId).distinct().count(),
                "Message-IDs of " + to));
    int repeated = deliveries.size() - invited.size();
    System.out.printf(
        "EmailKillIT: %d kills, %d of them before the mail server had answered; %d invitations, %d"
            + " deliveries, %d repeated%n",
        KILLS, unanswered, invited.size(), deliveries.size(), repeated);
    assertTrue(repeated <= KILLS, repeated + " repetitions by " + KILLS + " kills");
    assertTrue(
        repeated >= unanswered,
        "what was taken and not answered is not recorded, so it must be sent again");
  }

  /** The moment at which a message of those that come from now on is here whole. */
  private static final class Moment {
    private final CountDownLatch come = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger left;

    /**
     * Waits for one of the next messages.
     *
     * @param victim which of them, from 1
     * @param hold whether the server does not answer it before this is over
     */
    Moment(MailServer mail, int victim, boolean hold) {
      left = new AtomicInteger(victim);
      mail.beforeAnswer(
          delivery -> {
            if (left.decrementAndGet() == 0) {
              come.countDown();
              if (hold) {
                waitFor(over);
              }
            }
          });
    }

    void await() {
      waitFor(come);
    }

    void over() {
      over.countDown();
    }

    private static void waitFor(CountDownLatch latch) {
      try {
        assertTrue(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS), "no message came");
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private PleatProcess serve(BrokerProcess broker, MailServer mail) {
    // Not waited for: it is killed again when an e-mail comes, whatever else it is still about.
    return PleatProcess.launch(
        "email-kill-it",
        directory.resolve("pleat"),
        "--domains",
        "customers",
        // With few it starts sooner.
        "--partitions",
        "2",
        "--bootstrap-servers",
        broker.bootstrapServers(),
        "--smtp",
        "127.0.0.1:" + mail.port(),
        "--smtp-from",
        "pleat@example.org",
        "--smtp-security",
        "none");
  }

  /** Straight to the topic, so that none is lost with a connection. */
  private static List<String> invite(BrokerProcess broker, int round) {
    List<String> invited = new ArrayList<>();
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < INVITATIONS; i++) {
        String email = "c" + round + "-" + i + "@example.com";
        invited.add(email);
        producer.send(
            new ProducerRecord<>(
                CustomerSchema.SCHEMA.commandsTopic(),
                email,
                JsonCodec.write(
                    SubmittedCommand.of(
                        UUID.randomUUID(),
                        "InviteCustomer",
                        JsonCodec.toObject(new InviteCustomer(email)),
                        Instant.EPOCH))));
      }
    }
    return invited;
  }

  private static long sent(BrokerProcess broker) {
    try (TopicReader events =
        new TopicReader(broker.bootstrapServers(), CustomerSchema.SCHEMA.eventsTopic())) {
      return events.all().stream()
          .filter(TopicReader.containing("\"action\":\"InvitationSent\""))
          .count();
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not in time: " + what);
      LockSupport.parkNanos(100_000_000);
    }
  }
}
