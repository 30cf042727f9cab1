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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Views that are keyed anew or joined, on a real broker. */
final class DerivedViewsIT {

  private static final int WRITES = Integer.getInteger("pleat.writes", 60);
  private static final int SUPPLICANTS = 50;

  @TempDir static Path directory;

  @RegisterExtension
  static final ServedDomains server =
      new ServedDomains(
          () -> directory,
          CalculatorDomain.CALCULATOR,
          CustomerDomain.CUSTOMERS,
          ProductDomain.PRODUCTS,
          PriceDomain.PRICES,
          CatalogueDomain.CATALOGUE,
          Shelves.SHELVES,
          Offers.OFFERS);

  private static String anAddress() {
    return "grace-" + UUID.randomUUID() + "@example.com";
  }

  private static HttpResponse<String> invite(String email, UUID commandId) {
    return server
        .api()
        .post(
            "/customers", "{\"email\":\"" + email + "\"}", "Idempotency-Key", commandId.toString());
  }

  /** The id a command gives the customer it invites. */
  private static String customerId(String email, UUID commandId) {
    return new CommandContext("customers", email, commandId, Instant.EPOCH, Optional.empty())
        .newId(0)
        .toString();
  }

  private static HttpResponse<String> add(String name) {
    return server
        .api()
        .post(
            "/products",
            "{\"name\":\"" + name + "\",\"category\":\"kitchen\",\"description\":\"boils water\"}");
  }

  private static HttpResponse<String> price(String productId, long amount) {
    return server
        .api()
        .put(
            "/products/" + productId + "/price",
            "{\"amount\":" + amount + ",\"currency\":\"EUR\"}");
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
        server.restart();
        assertEquals(200, server.api().get(before).statusCode(), before);
      }
      String email = anAddress();
      UUID commandId = UUID.randomUUID();
      String token = token(invite(email, commandId));
      before = "/customers/" + customerId(email, commandId) + "?wait=10s&after=" + token;

      HttpResponse<String> row = server.api().get(before);

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
        server.restart();
        assertEquals(200, server.api().get(before).statusCode(), before);
      }
      HttpResponse<String> added = add("kettle " + i);
      String page = header(added, "Location");
      String id = page.substring("/products/".length());
      HttpResponse<String> priced = price(id, i);

      before = page + "?wait=10s&after=" + token(added) + "," + token(priced);
      HttpResponse<String> row = server.api().get(before);

      assertEquals(200, row.statusCode(), row.body());
      assertEquals("kettle " + i, json(row).get("name").asString());
      assertEquals(i, json(row).get("amount").asInt(), row.body());
    }
  }

  @Test
  void whoever_wrote_reads_it_where_it_is_summed_up() {
    String one = "one-" + UUID.randomUUID();
    String other = "other-" + UUID.randomUUID();
    String shelf = "/domains/shelves/views/filled/";
    List<String> pages = new ArrayList<>();
    for (int i = 1; i <= WRITES / 2; i++) {
      HttpResponse<String> added =
          server
              .api()
              .post(
                  "/products",
                  "{\"name\":\"pan\",\"category\":\"" + one + "\",\"description\":\"\"}");
      HttpResponse<String> row = server.api().get(shelf + one + "?wait=10s&after=" + token(added));
      assertEquals(200, row.statusCode(), row.body());
      assertEquals(i, json(row).get("products").asInt(), row.body());
      pages.add(header(added, "Location"));
    }
    int left = pages.size();
    for (String page : pages) {
      String token =
          token(
              left % 2 == 0
                  ? server.api().put(page + "/discontinuation", "{}")
                  : server
                      .api()
                      .put(
                          page + "/description",
                          "{\"name\":\"pan\",\"category\":\""
                              + other
                              + "\",\"description\":\"\"}"));
      left--;
      HttpResponse<String> row = server.api().get(shelf + one + "?wait=10s&after=" + token);
      if (left == 0) {
        assertEquals(404, row.statusCode(), row.body());
      } else {
        assertEquals(left, json(row).get("products").asInt(), row.body());
      }
    }
    assertEquals(
        pages.size() - pages.size() / 2,
        json(server.api().get(shelf + other)).get("products").asInt(),
        "those that were moved and not discontinued");
  }

  @Test
  void whoever_wrote_reads_it_where_it_is_joined_by_a_foreign_key() {
    for (int i = 1; i <= WRITES / 2; i++) {
      HttpResponse<String> added = add("pot " + i);
      String id = header(added, "Location").substring("/products/".length());
      HttpResponse<String> priced = price(id, i);

      HttpResponse<String> offer =
          server
              .api()
              .get(
                  "/domains/offers/views/named/"
                      + id
                      + "?wait=10s&after="
                      + token(added)
                      + ","
                      + token(priced));

      assertEquals(200, offer.statusCode(), offer.body());
      assertEquals("pot " + i, json(offer).get("name").asString());
      assertEquals(i, json(offer).get("amount").asInt());
    }
  }

  @Test
  void whoever_wrote_finds_it_in_a_list() {
    String category = "list-" + UUID.randomUUID();
    String list = "/domains/catalogue/views/product-page?category=" + category;
    for (int i = 1; i <= WRITES / 2; i++) {
      HttpResponse<String> added =
          server
              .api()
              .post(
                  "/products",
                  "{\"name\":\"pan\",\"category\":\"" + category + "\",\"description\":\"\"}");
      HttpResponse<String> page = server.api().get(list + "&wait=10s", "Pleat-Token", token(added));
      assertEquals(200, page.statusCode(), page.body());
      assertEquals(i, json(page).get("rows").size(), page.body());
    }
    String email = anAddress();
    HttpResponse<String> found =
        server
            .api()
            .get(
                "/domains/customers/views/by-id?wait=10s&by-email="
                    + email
                    + "&after="
                    + token(invite(email, someId())));
    assertEquals(1, json(found).get("rows").size(), found.body());
  }

  @Test
  void the_answer_to_a_write_can_be_the_row_that_is_joined() {
    HttpResponse<String> added =
        server
            .api()
            .post(
                "/products",
                "{\"name\":\"pot\",\"category\":\"kitchen\",\"description\":\"\"}",
                "Prefer",
                "return=representation");
    assertEquals(201, added.statusCode(), added.body());
    assertEquals("return=representation", header(added, "Preference-Applied"));
    assertEquals("pot", json(added).get("name").asString(), added.body());
    String page = header(added, "Location");
    assertEquals(page, header(added, "Content-Location"));
    assertEquals(Optional.empty(), added.headers().firstValue("ETag"));

    HttpResponse<String> described =
        server
            .api()
            .put(
                page + "/description",
                "{\"name\":\"big pot\",\"category\":\"kitchen\",\"description\":\"\"}",
                "Prefer",
                "return=representation");
    assertEquals("big pot", json(described).get("name").asString(), described.body());
  }

  @Test
  void a_write_that_shows_nowhere_is_not_waited_for_in_vain() {
    String id = UUID.randomUUID().toString();
    String token = token(price(id, 1250));

    assertEquals(
        404, server.api().get("/products/" + id + "?wait=10s&after=" + token).statusCode());
    assertEquals(
        404,
        server
            .api()
            .get("/customers/" + id + "?wait=10s&after=" + token(invite(anAddress(), someId())))
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
    assertEquals(200, server.api().get(byId + invited).statusCode());
    assertEquals(
        200,
        server
            .api()
            .get(
                "/customers/by-email/" + email.toUpperCase(ROOT) + "?wait=10s",
                "Pleat-Token",
                invited)
            .statusCode());

    String withdrawn = token(server.api().put(byEmail + "/withdrawal", "{}"));

    assertEquals(404, server.api().get(byId + withdrawn).statusCode());
    assertEquals(404, server.api().get(byEmail + "?after=" + withdrawn).statusCode());
  }

  @Test
  void aborted_records_at_the_end_of_a_topic_between_hold_up_nobody() {
    String email = anAddress();
    UUID commandId = UUID.randomUUID();
    token(invite(email, commandId));
    // From here on the application has not processed any record of the topic between.
    server.restart();
    String between = "pleat.customers.by-id.g1.-customer-id-repartition";
    try (Producer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                server.instance().bootstrapServers(),
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
    server.restart();

    // What this one writes between lies in another partition than the row that is asked for.
    String other = anAddress();
    UUID otherCommand = UUID.randomUUID();
    while (partition(customerId(other, otherCommand)) == partition(customerId(email, commandId))) {
      otherCommand = UUID.randomUUID();
    }
    String token = token(invite(other, otherCommand));
    HttpResponse<String> row =
        server.api().get("/customers/" + customerId(email, commandId) + "?wait=10s&after=" + token);

    assertEquals(200, row.statusCode(), row.body());
  }

  private static int partition(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % Servers.PARTITIONS;
  }

  @Test
  void tokens_of_other_domains_are_refused() {
    String token = token(server.api().post("/values", "{\"value\":3}"));

    HttpResponse<String> refused =
        server.api().get("/customers/" + UUID.randomUUID() + "?after=" + token);

    assertEquals(400, refused.statusCode(), refused.body());
    assertEquals("invalid-token", json(refused).get("code").asString());
  }

  @Test
  void fifty_who_invite_the_same_address_invite_one_customer() {
    String email = anAddress();
    List<CompletableFuture<HttpResponse<String>>> sent =
        IntStream.range(0, SUPPLICANTS)
            .mapToObj(i -> server.api().postAsync("/customers", "{\"email\":\"" + email + "\"}"))
            .toList();
    List<HttpResponse<String>> answers = sent.stream().map(CompletableFuture::join).toList();

    List<HttpResponse<String>> invited =
        answers.stream().filter(answer -> answer.statusCode() == 201).toList();
    assertEquals(1, invited.size());
    String customer =
        json(server
                .api()
                .get(header(invited.get(0), "Location") + "?after=" + token(invited.get(0))))
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

  // ---- lists

  private static final String PAGES = "/domains/catalogue/views/product-page";

  /** A product of this category at this price, to be seen from here on. */
  private static String offer(String name, String category, String description, long amount) {
    HttpResponse<String> added =
        server
            .api()
            .post(
                "/products",
                "{\"name\":\"%s\",\"category\":\"%s\",\"description\":\"%s\"}"
                    .formatted(name, category, description));
    String page = header(added, "Location");
    String tokens = token(added) + "," + token(price(id(page), amount));
    assertEquals(200, server.api().get(page + "?wait=15s&after=" + tokens).statusCode());
    return id(page);
  }

  private static String id(String page) {
    return page.substring(page.lastIndexOf('/') + 1);
  }

  private static List<String> listed(String query) {
    List<String> ids = new ArrayList<>();
    String cursor = "";
    do {
      HttpResponse<String> page = server.api().get(PAGES + "?" + query + cursor);
      assertEquals(200, page.statusCode(), page.body());
      json(page).get("rows").forEach(row -> ids.add(row.get("product-id").asString()));
      cursor = json(page).has("cursor") ? "&cursor=" + json(page).get("cursor").asString() : "";
    } while (!cursor.isEmpty());
    return ids;
  }

  @Test
  void finds_rows_by_what_is_in_them() {
    String unique = "x" + UUID.randomUUID().toString().replace("-", "");
    String kettle = offer("Kettle " + unique, "Tea " + unique, "boils water", 3000);
    String pot = offer("Pot", "tea " + unique, "holds tea, " + unique.toUpperCase(ROOT), 1000);

    for (String limit : List.of("1", "2", "100")) {
      assertEquals(
          Set.of(kettle, pot), Set.copyOf(listed("limit=" + limit + "&category=TEA%20" + unique)));
      assertEquals(Set.of(kettle, pot), Set.copyOf(listed("limit=" + limit + "&word=" + unique)));
    }
    assertEquals(List.of(), listed("category=" + unique));
    assertEquals(List.of(), listed("word=" + unique.substring(1)));
  }

  @Test
  void finds_a_row_by_what_is_in_it_now() {
    String before = "b" + UUID.randomUUID().toString().replace("-", "");
    String after = "a" + UUID.randomUUID().toString().replace("-", "");
    String id = offer("Kettle", before, "", 1);
    assertEquals(List.of(id), listed("category=" + before));

    String described =
        token(
            server
                .api()
                .put(
                    "/products/" + id + "/description",
                    "{\"name\":\"Kettle\",\"category\":\"%s\",\"description\":\"\"}"
                        .formatted(after)));
    assertEquals(
        200, server.api().get("/products/" + id + "?wait=15s&after=" + described).statusCode());
    assertEquals(List.of(), listed("category=" + before));
    assertEquals(List.of(id), listed("category=" + after));

    String gone = token(server.api().put("/products/" + id + "/discontinuation", "{}"));
    assertEquals(404, server.api().get("/products/" + id + "?wait=15s&after=" + gone).statusCode());
    assertEquals(List.of(), listed("category=" + after));
  }

  @Test
  void finds_a_customer_by_an_address_however_it_is_written() {
    String email = anAddress();
    UUID commandId = UUID.randomUUID();
    String id = customerId(email, commandId);
    String token = token(invite(email, commandId));
    assertEquals(
        200, server.api().get("/customers/" + id + "?wait=15s&after=" + token).statusCode());

    HttpResponse<String> found =
        server.api().get("/domains/customers/views/by-id?by-email=" + email.toUpperCase(ROOT));

    assertEquals(1, json(found).get("rows").size(), found.body());
    assertEquals(id, json(found).get("rows").get(0).get("customer-id").asString());
  }

  @Test
  void lists_rows_in_an_order_page_by_page() {
    List<String> added = new ArrayList<>();
    for (long amount : List.of(999_999_999_003L, 999_999_999_001L, 999_999_999_002L)) {
      added.add(offer("Kettle", "orders", "", amount));
    }
    List<String> newest = listed("limit=2&order=newest");
    newest.retainAll(added);
    assertEquals(List.of(added.get(2), added.get(1), added.get(0)), newest);

    List<String> cheapest = listed("limit=2&order=cheapest");
    assertEquals(
        List.of(added.get(1), added.get(2), added.get(0)),
        cheapest.subList(cheapest.size() - 3, cheapest.size()));
  }

  @Test
  void every_row_that_stays_is_on_one_page_while_others_come_and_go() {
    String category = "c" + UUID.randomUUID().toString().replace("-", "");
    Set<String> staying = new TreeSet<>();
    for (int i = 0; i < 20; i++) {
      staying.add(offer("Kettle " + i, category, "", i));
    }
    List<String> seen = new ArrayList<>();
    String cursor = "";
    do {
      HttpResponse<String> page =
          server.api().get(PAGES + "?limit=3&category=" + category + cursor);
      json(page).get("rows").forEach(row -> seen.add(row.get("product-id").asString()));
      cursor = json(page).has("cursor") ? "&cursor=" + json(page).get("cursor").asString() : "";
      offer("Pot", category, "", 1);
    } while (!cursor.isEmpty());

    assertEquals(seen.size(), Set.copyOf(seen).size(), "a row is on two pages");
    assertTrue(seen.containsAll(staying), "a row is on no page");
  }

  @Test
  void lists_rows_by_a_part_of_the_order_of_keys() {
    List<String> all = new ArrayList<>(listed("limit=1000"));
    if (all.size() < 3) {
      for (int i = 0; i < 3; i++) {
        offer("Kettle", "keys", "", 1);
      }
      all = new ArrayList<>(listed("limit=1000"));
    }
    assertEquals(all.stream().sorted().toList(), all);
    String first = all.get(1);
    String end = all.get(all.size() - 1);

    assertEquals(
        all.subList(1, all.size() - 1), listed("limit=2&from=" + first + "&before=" + end));
    assertEquals(List.of(first), listed("prefix=" + first.substring(0, 20)));
    assertEquals(List.of(), listed("prefix=zzz"));
  }

  @Test
  void passes_over_nothing_that_is_asked() {
    for (String wrong :
        List.of(
            "categry=x",
            "category=x&word=y",
            "order=dearest",
            "order=newest&category=x",
            "prefix=a&word=y",
            "category=x&cursor=nonsense")) {
      HttpResponse<String> refused = server.api().get(PAGES + "?" + wrong);
      assertEquals(400, refused.statusCode(), wrong + ": " + refused.body());
      assertEquals("invalid-parameter", json(refused).get("code").asString());
    }
    offer("Kettle", "cursors", "", 1);
    offer("Kettle", "cursors", "", 1);
    HttpResponse<String> page = server.api().get(PAGES + "?category=cursors&limit=1");
    String cursor = json(page).get("cursor").asString();
    assertEquals(400, server.api().get(PAGES + "?category=other&cursor=" + cursor).statusCode());
    assertEquals(400, server.api().get(PAGES + "?cursor=" + cursor).statusCode());
  }

  private static List<String> actions(String topic, String key) {
    return Log.committed(server.instance().bootstrapServers(), topic).stream()
        .filter(record -> new String(record.key(), UTF_8).equals(key))
        .map(record -> JsonCodec.readObject(record.value()).text("action").orElseThrow())
        .toList();
  }
}
