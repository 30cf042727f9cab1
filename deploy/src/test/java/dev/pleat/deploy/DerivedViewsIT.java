package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Locale.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.deploy.guarantees.Log;
import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.schemas.prices.PriceSchema;
import dev.pleat.topology.calculator.CalculatorDomain;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Views that are keyed anew or joined, on a real broker. */
final class DerivedViewsIT {

  private static final int WRITES = Integer.getInteger("pleat.writes", 60);
  private static final int SUPPLICANTS = 50;

  @TempDir static Path directory;

  private static Instance instance;
  private static ApiClient api;

  @BeforeAll
  static void start() {
    instance =
        Servers.embedded(
            directory,
            CalculatorDomain.CALCULATOR,
            CustomerDomain.CUSTOMERS,
            ProductDomain.PRODUCTS,
            PriceDomain.PRICES,
            CatalogueDomain.CATALOGUE);
    api = new ApiClient(instance.url());
  }

  @AfterAll
  static void stop() {
    api.close();
    instance.close();
  }

  private static void restart() {
    stop();
    start();
  }

  private static String anAddress() {
    return "grace-" + UUID.randomUUID() + "@example.com";
  }

  private static HttpResponse<String> invite(String email, UUID commandId) {
    return api.post(
        "/customers", "{\"email\":\"" + email + "\"}", "Idempotency-Key", commandId.toString());
  }

  /** The id a command gives the customer it invites. */
  private static String customerId(String email, UUID commandId) {
    return new CommandContext("customers", email, commandId, Instant.EPOCH, Optional.empty())
        .newId(0)
        .toString();
  }

  private static HttpResponse<String> add(String name) {
    return api.post(
        "/products",
        "{\"name\":\"" + name + "\",\"category\":\"kitchen\",\"description\":\"boils water\"}");
  }

  private static HttpResponse<String> price(String productId, long amount) {
    return api.put(
        "/products/" + productId + "/price", "{\"amount\":" + amount + ",\"currency\":\"EUR\"}");
  }

  private static String token(HttpResponse<String> answer) {
    assertTrue(answer.statusCode() < 300, answer.body());
    return header(answer, "Pleat-Token");
  }

  @Test
  void whoever_wrote_reads_it_under_another_key() {
    String before = "";
    for (int i = 0; i < WRITES; i++) {
      if (i == WRITES / 2) {
        restart();
        assertEquals(200, api.get(before).statusCode(), before);
      }
      String email = anAddress();
      UUID commandId = UUID.randomUUID();
      String token = token(invite(email, commandId));
      before = "/customers/" + customerId(email, commandId) + "?wait=10s&after=" + token;

      HttpResponse<String> row = api.get(before);

      assertEquals(200, row.statusCode(), row.body());
      assertEquals(email, json(row).get("email").asString());
      assertEquals(Optional.empty(), row.headers().firstValue("ETag"));
    }
  }

  @Test
  void whoever_wrote_reads_it_where_it_is_joined() {
    String before = "";
    for (int i = 0; i < WRITES; i++) {
      if (i == WRITES / 2) {
        restart();
        assertEquals(200, api.get(before).statusCode(), before);
      }
      HttpResponse<String> added = add("kettle " + i);
      String page = header(added, "Location");
      String id = page.substring("/products/".length());
      HttpResponse<String> priced = price(id, i);

      before = page + "?wait=10s&after=" + token(added) + "," + token(priced);
      HttpResponse<String> row = api.get(before);

      assertEquals(200, row.statusCode(), row.body());
      assertEquals("kettle " + i, json(row).get("name").asString());
      assertEquals(i, json(row).get("amount").asInt(), row.body());
    }
  }

  @Test
  void a_write_that_shows_nowhere_is_not_waited_for_in_vain() {
    String id = UUID.randomUUID().toString();
    String token = token(price(id, 1250));

    assertEquals(404, api.get("/products/" + id + "?wait=10s&after=" + token).statusCode());
    assertEquals(
        404,
        api.get("/customers/" + id + "?wait=10s&after=" + token(invite(anAddress(), someId())))
            .statusCode());
  }

  private static UUID someId() {
    return UUID.randomUUID();
  }

  @Test
  void what_was_withdrawn_is_gone_by_either_key() {
    String email = anAddress();
    UUID commandId = UUID.randomUUID();
    String byId = "/customers/" + customerId(email, commandId) + "?wait=10s&after=";
    String byEmail = "/customers/by-email/" + email;
    String invited = token(invite(email, commandId));
    assertEquals(200, api.get(byId + invited).statusCode());
    assertEquals(
        200,
        api.get(
                "/customers/by-email/" + email.toUpperCase(ROOT) + "?wait=10s",
                "Pleat-Token",
                invited)
            .statusCode());

    String withdrawn = token(api.put(byEmail + "/withdrawal", "{}"));

    assertEquals(404, api.get(byId + withdrawn).statusCode());
    assertEquals(404, api.get(byEmail + "?after=" + withdrawn).statusCode());
  }

  @Test
  void aborted_records_at_the_end_of_a_topic_between_hold_up_nobody() {
    String email = anAddress();
    UUID commandId = UUID.randomUUID();
    token(invite(email, commandId));
    // From here on the application has not processed any record of the topic between.
    restart();
    String between = "pleat.customers.by-id.g1.-customer-id-repartition";
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                instance.bootstrapServers(),
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                "aborts"),
            new StringSerializer(),
            new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int partition = 0; partition < Servers.PARTITIONS; partition++) {
        producer.send(new ProducerRecord<>(between, partition, "nobody", new byte[] {1}));
      }
      producer.flush();
      producer.abortTransaction();
    }
    restart();

    // What this one writes between lies in another partition than the row that is asked for.
    String other = anAddress();
    UUID otherCommand = UUID.randomUUID();
    while (partition(customerId(other, otherCommand)) == partition(customerId(email, commandId))) {
      otherCommand = UUID.randomUUID();
    }
    String token = token(invite(other, otherCommand));
    HttpResponse<String> row =
        api.get("/customers/" + customerId(email, commandId) + "?wait=10s&after=" + token);

    assertEquals(200, row.statusCode(), row.body());
  }

  private static int partition(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % Servers.PARTITIONS;
  }

  @Test
  void tokens_of_other_domains_are_refused() {
    String token = token(api.post("/values", "{\"value\":3}"));

    HttpResponse<String> refused = api.get("/customers/" + UUID.randomUUID() + "?after=" + token);

    assertEquals(400, refused.statusCode(), refused.body());
    assertEquals("invalid-token", json(refused).get("code").asString());
  }

  @Test
  void fifty_who_invite_the_same_address_invite_one_customer() {
    String email = anAddress();
    List<CompletableFuture<HttpResponse<String>>> sent =
        IntStream.range(0, SUPPLICANTS)
            .mapToObj(i -> api.postAsync("/customers", "{\"email\":\"" + email + "\"}"))
            .toList();
    List<HttpResponse<String>> answers = sent.stream().map(CompletableFuture::join).toList();

    List<HttpResponse<String>> invited =
        answers.stream().filter(answer -> answer.statusCode() == 201).toList();
    assertEquals(1, invited.size());
    String customer =
        json(api.get(header(invited.get(0), "Location") + "?after=" + token(invited.get(0))))
            .get("customer-id")
            .asString();
    List<HttpResponse<String>> refused =
        answers.stream().filter(answer -> answer.statusCode() != 201).toList();
    assertEquals(SUPPLICANTS - 1, refused.size());
    for (HttpResponse<String> answer : refused) {
      assertEquals(409, answer.statusCode(), answer.body());
      assertEquals("already-invited", json(answer).get("code").asString());
      assertTrue(json(answer).get("detail").asString().contains(customer), answer.body());
    }
    assertEquals(List.of("CustomerInvited"), actions(CustomerSchema.SCHEMA.eventsTopic(), email));
    assertEquals(SUPPLICANTS, actions(CustomerSchema.SCHEMA.outcomesTopic(), email).size());
  }

  @Test
  void the_same_price_twice_is_one_event_with_two_outcomes() {
    String id = UUID.randomUUID().toString();
    assertEquals("accepted", json(price(id, 1250)).get("status").asString());
    assertEquals("unchanged", json(price(id, 1250)).get("status").asString());

    assertEquals(List.of("PriceSet"), actions(PriceSchema.SCHEMA.eventsTopic(), id));
    assertEquals(
        List.of("CommandAccepted", "CommandUnchanged"),
        actions(PriceSchema.SCHEMA.outcomesTopic(), id));
  }

  private static List<String> actions(String topic, String key) {
    return Log.committed(instance.bootstrapServers(), topic).stream()
        .filter(record -> new String(record.key(), UTF_8).equals(key))
        .map(record -> JsonCodec.readObject(record.value()).text("action").orElseThrow())
        .toList();
  }
}
