package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.enrolments.EnrolmentCommand.RequestEnrolment;
import dev.pleat.schemas.enrolments.EnrolmentSchema;
import dev.pleat.schemas.listings.ListingSchema;
import dev.pleat.topology.enrolments.EnrolmentDomain;
import dev.pleat.topology.listings.ListingDomain;
import dev.pleat.topology.market.MarketDomain;
import dev.pleat.topology.payments.PaymentDomain;
import dev.pleat.topology.payments.Payments;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Enrolments come to their end by events between domains, on a real broker. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MarketIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SEATS = 10;
  private static final int STUDENTS = 1_000;

  @TempDir static Path directory;

  private static EmbeddedBroker broker;
  private static Instance market;
  private static Optional<Instance> payments = Optional.empty();
  private static ApiClient http;

  @BeforeAll
  static void start() {
    broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
    market =
        Servers.ready(
            Servers.launch(
                directory.resolve("market"),
                Optional.of(broker.bootstrapServers()),
                false,
                List.of(ListingDomain.LISTINGS, EnrolmentDomain.ENROLMENTS, MarketDomain.MARKET),
                Map.of()));
    http = new ApiClient(market.url());
  }

  @AfterAll
  static void stop() {
    http.close();
    payments.ifPresent(Instance::close);
    market.close();
    broker.close();
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not in time: " + what);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static String open(int seats, long amount) {
    HttpResponse<String> opened =
        http.post(
            "/listings",
            "{\"title\":\"Bread\",\"seats\":%d,\"amount\":%d,\"currency\":\"EUR\"}"
                .formatted(seats, amount));
    assertEquals(201, opened.statusCode(), opened.body());
    return json(opened).get("listing-id").asString();
  }

  private static String request(String listing, String student) {
    return "{\"listing-id\":\"%s\",\"student\":\"%s\"}".formatted(listing, student);
  }

  private static JsonNode enrol(String listing, String student) {
    HttpResponse<String> enrolled = http.post("/enrolments", request(listing, student));
    assertEquals(201, enrolled.statusCode(), enrolled.body());
    return json(enrolled);
  }

  private static String status(JsonNode enrolment) {
    HttpResponse<String> row = http.get("/enrolments/" + enrolment.get("enrolment-id").asString());
    return row.statusCode() == 200 ? json(row).get("status").asString() : "";
  }

  private static long free(String listing) {
    return json(http.get("/listings/" + listing)).get("free").asLong();
  }

  /** The steps of a chain, so many of them. */
  private static List<JsonNode> chain(JsonNode enrolment, int steps) {
    String path = "/domains/market/chains/" + enrolment.get("command-id").asString();
    await(
        steps + " steps at " + path,
        () -> {
          HttpResponse<String> row = http.get(path);
          return row.statusCode() == 200 && json(row).get("steps").size() == steps;
        });
    List<JsonNode> chain = new ArrayList<>();
    json(http.get(path)).get("steps").forEach(chain::add);
    return chain;
  }

  private static List<String> actions(List<JsonNode> chain) {
    return chain.stream().map(step -> step.get("action").asString()).toList();
  }

  @Test
  @Order(1)
  void an_enrolment_waits_while_nobody_decides_payments_and_ends_when_somebody_does() {
    String listing = open(1, 4_500);
    JsonNode enrolment = enrol(listing, "ada");
    await("a seat", () -> status(enrolment).equals("SEAT_TAKEN"));
    await("no seat is free", () -> free(listing) == 0);

    payments =
        Optional.of(
            Servers.ready(
                Servers.launch(
                    directory.resolve("payments"),
                    broker.bootstrapServers(),
                    PaymentDomain.PAYMENTS)));

    await("confirmed", () -> status(enrolment).equals("CONFIRMED"));
  }

  @Test
  @Order(2)
  void the_story_of_an_enrolment_is_one_chain_of_causes() {
    String listing = open(2, 4_500);

    List<JsonNode> chain = chain(enrol(listing, "ada"), 5);

    assertEquals(
        List.of(
            "EnrolmentRequested",
            "SeatReserved",
            "SeatTaken",
            "PaymentAuthorised",
            "EnrolmentConfirmed"),
        actions(chain));
    assertTrue(chain.getFirst().get("cause") == null, "nobody's policy began it");
    for (int i = 1; i < chain.size(); i++) {
      assertEquals(
          chain.get(i - 1).get("id").asString(), chain.get(i).get("cause").asString(), "step " + i);
      assertEquals(i, chain.get(i).get("hops").asInt());
    }
    await(
        "revenue",
        () -> {
          HttpResponse<String> row = http.get("/domains/market/views/revenue/" + listing);
          return row.statusCode() == 200 && json(row).get("amount").asLong() == 4_500;
        });
  }

  @Test
  @Order(3)
  void a_declined_payment_gives_the_seat_back() {
    String listing = open(1, Payments.LIMIT + 1);
    JsonNode enrolment = enrol(listing, "ada");

    assertEquals(
        List.of(
            "EnrolmentRequested",
            "SeatReserved",
            "SeatTaken",
            "PaymentDeclined",
            "EnrolmentCancelled",
            "SeatReleased"),
        actions(chain(enrolment, 6)));
    await("a free seat", () -> free(listing) == 1);
    String page =
        "/domains/market/views/enrolment-page/" + enrolment.get("enrolment-id").asString();
    await(
        "the page of three domains",
        () -> {
          HttpResponse<String> row = http.get(page);
          return row.statusCode() == 200
              && row.body().contains("\"title\":\"Bread\"")
              && row.body().contains("\"status\":\"cancelled\",\"payment\":\"declined\"");
        });
  }

  @Test
  @Order(4)
  void a_thousand_enrolments_for_ten_seats_confirm_ten_and_never_oversell() {
    String listing = open(SEATS, 4_500);
    Set<String> ids = new HashSet<>();
    // Straight to the topic, all at once: over HTTP the connections would be the limit.
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < STUDENTS; i++) {
        String id = UUID.randomUUID().toString();
        ids.add(id);
        producer.send(
            new ProducerRecord<>(
                EnrolmentSchema.SCHEMA.commandsTopic(),
                id,
                JsonCodec.write(
                    SubmittedCommand.of(
                        UUID.randomUUID(),
                        "RequestEnrolment",
                        JsonCodec.toObject(new RequestEnrolment(id, listing, "student " + i)),
                        Instant.EPOCH))));
      }
    }

    try (TopicReader enrolments =
            new TopicReader(broker.bootstrapServers(), EnrolmentSchema.SCHEMA.eventsTopic());
        TopicReader listings =
            new TopicReader(broker.bootstrapServers(), ListingSchema.SCHEMA.eventsTopic())) {
      await(
          "all ended",
          () ->
              count(enrolments, "EnrolmentConfirmed", ids)
                      + count(enrolments, "EnrolmentCancelled", ids)
                  == STUDENTS);
      assertEquals(SEATS, count(enrolments, "EnrolmentConfirmed", ids));
      assertEquals(STUDENTS - SEATS, count(enrolments, "EnrolmentCancelled", ids));
      int taken = 0;
      for (String value : listings.valuesOf(listing)) {
        RecordedEvent event = JsonCodec.readEvent(value.getBytes(UTF_8));
        taken +=
            switch (event.action()) {
              case "SeatReserved" -> 1;
              case "SeatReleased" -> -1;
              default -> 0;
            };
        assertTrue(taken <= SEATS, "oversold at version " + event.version());
      }
      assertEquals(SEATS, taken);
    }
    await("no free seat", () -> free(listing) == 0);
  }

  private static long count(TopicReader events, String action, Set<String> ids) {
    return events.all().stream()
        .filter(record -> ids.contains(TopicReader.text(record.key())))
        .filter(TopicReader.containing("\"action\":\"" + action + "\""))
        .count();
  }
}
