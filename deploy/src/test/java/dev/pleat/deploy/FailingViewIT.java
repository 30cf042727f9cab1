package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.products.ProductEvent;
import dev.pleat.schemas.products.ProductEvent.ProductAdded;
import dev.pleat.schemas.products.ProductSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EventTables;
import dev.pleat.topology.products.ProductDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A function of a derived view's own that fails after a table was written, on a real broker. */
final class FailingViewIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String VIEW = "/domains/labels/views/printed";

  @TempDir Path directory;

  /** What is printed of a product. */
  record Label(String productId, String text) {}

  /** What is known of a product. */
  record Known(String productId, String name) {}

  private final AtomicBoolean broken = new AtomicBoolean(true);

  private Domain<Void, Void, Void> labels() {
    DomainSchema<Void, Void> schema =
        DomainSchema.ofViews("labels", FailingViewIT.class)
            .derivedView("printed", Label.class, "product-id", IdFormat.UUID, ProductSchema.SCHEMA)
            .build();
    return Domain.ofViews(schema).derivedAs("printed", Label.class, this::printed).build();
  }

  private KTable<String, Label> printed(EventTables events) {
    return events
        .table(
            ProductSchema.SCHEMA,
            Known.class,
            (Optional<Known> row, ProductEvent event) ->
                event instanceof ProductAdded added
                    ? Optional.of(new Known(added.productId(), added.name()))
                    : row)
        .mapValues(this::label, Named.as("label"));
  }

  private Label label(Known known) {
    if (broken.get() && known.name().equals("unprintable")) {
      throw new IllegalStateException("out of ink");
    }
    return new Label(known.productId(), known.name());
  }

  private static HttpResponse<String> add(ApiClient api, String name) {
    HttpResponse<String> added =
        api.post(
            "/products", "{\"name\":\"" + name + "\",\"category\":\"c\",\"description\":\"\"}");
    assertEquals(201, added.statusCode(), added.body());
    return added;
  }

  private static String row(HttpResponse<String> added) {
    return VIEW + "/" + json(added).get("product-id").asString();
  }

  private static JsonNode awaitStatus(ApiClient api, String status) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      for (JsonNode view : json(api.get("/views")).get("views")) {
        if (view.get("domain").asString().equals("labels")
            && view.get("status").asString().equals(status)) {
          return view;
        }
      }
      assertTrue(System.nanoTime() < deadline, () -> api.get("/views").body());
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
  }

  @Test
  void stops_the_view_at_the_event_and_goes_on_when_it_is_mended() {
    try (Instance instance = Servers.embedded(directory, ProductDomain.PRODUCTS, labels());
        ApiClient api = new ApiClient(instance.url())) {
      HttpResponse<String> good = add(api, "pot");
      assertEquals(
          200, api.get(row(good) + "?wait=15s&after=" + header(good, "Pleat-Token")).statusCode());
      HttpResponse<String> bad = add(api, "unprintable");

      String stopped = awaitStatus(api, "stopped").toString();
      assertTrue(stopped.contains("projection-failed"), stopped);
      assertTrue(stopped.contains("out of ink"), stopped);
      HttpResponse<String> refused = api.get(row(good) + "?wait=0s");
      assertEquals(503, refused.statusCode(), refused.body());

      broken.set(false);
      HttpResponse<String> resumed = api.post(VIEW + "/continue", "{}");
      assertEquals(200, resumed.statusCode(), resumed.body());
      awaitStatus(api, "serving");
      HttpResponse<String> late =
          api.get(row(bad) + "?wait=30s&after=" + header(bad, "Pleat-Token"));
      assertEquals(200, late.statusCode(), late.body());
      assertEquals("unprintable", json(late).get("text").asString());
    }
  }

  @Test
  void goes_on_without_the_event_when_it_is_told_to() {
    try (Instance instance = Servers.embedded(directory, ProductDomain.PRODUCTS, labels());
        ApiClient api = new ApiClient(instance.url())) {
      HttpResponse<String> bad = add(api, "unprintable");
      awaitStatus(api, "stopped");

      assertEquals(200, api.post(VIEW + "/skip", "{}").statusCode());

      awaitStatus(api, "serving");
      assertEquals(404, api.get(row(bad)).statusCode());
      HttpResponse<String> good = add(api, "pan");
      assertEquals(
          200, api.get(row(good) + "?wait=30s&after=" + header(good, "Pleat-Token")).statusCode());
    }
  }
}
