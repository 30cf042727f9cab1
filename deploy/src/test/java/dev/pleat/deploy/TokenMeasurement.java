package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;

import dev.pleat.schemas.CommandContext;
import dev.pleat.topology.catalogue.CatalogueDomain;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.prices.PriceDomain;
import dev.pleat.topology.products.ProductDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a token costs a reader of a derived view, and that none is broken: with one topic between
 * the steps, with none (a join of the same key), and with the topics of a foreign-key join. Not
 * part of {@code verify}: the profile {@code measure} runs it.
 *
 * <p>{@code -Dpleat.sequences=10000} writes each followed by its read, over {@code
 * -Dpleat.clients=8} connections, with a restart in the middle.
 */
final class TokenMeasurement {

  private static final int SEQUENCES = Integer.getInteger("pleat.sequences", 10_000);
  private static final int CLIENTS = Integer.getInteger("pleat.clients", 8);
  private static final int TIMED = 500;
  private static final int WARM_UP = 300;
  private static final double ONE_STEP_BAR_MS = 50;
  private static final double FOREIGN_KEY_BAR_MS = 250;

  @TempDir Path directory;

  private final FigureSheet sheet = new FigureSheet("Tokens");

  // ---- writes and their reads

  /** A write: where it is read, with its token, and what the row must have. */
  private record Write(String path, String field, String value) {}

  private interface Writer {
    Write write(ApiClient api, int number);
  }

  private static Write customer(ApiClient api, int number) {
    UUID commandId = UUID.randomUUID();
    String email = number + "-" + commandId + "@example.com";
    HttpResponse<String> invited =
        api.post(
            "/customers", "{\"email\":\"" + email + "\"}", "Idempotency-Key", commandId.toString());
    String id =
        new CommandContext("customers", email, commandId, Instant.EPOCH, Optional.empty())
            .newId(0)
            .toString();
    return new Write(
        "/customers/" + id + "?after=" + header(invited, "Pleat-Token"), "email", email);
  }

  private static Write page(ApiClient api, int number) {
    HttpResponse<String> added = added(api);
    String path = header(added, "Location");
    HttpResponse<String> priced = priced(api, path, number);
    String tokens = header(added, "Pleat-Token") + "," + header(priced, "Pleat-Token");
    return new Write(path + "?after=" + tokens, "amount", String.valueOf(number));
  }

  private static Write offer(ApiClient api, int number) {
    HttpResponse<String> added = added(api);
    String path = header(added, "Location");
    HttpResponse<String> priced = priced(api, path, number);
    String tokens = header(added, "Pleat-Token") + "," + header(priced, "Pleat-Token");
    return new Write(
        "/domains/offers/views/named/" + path.substring("/products/".length()) + "?after=" + tokens,
        "amount",
        String.valueOf(number));
  }

  private static HttpResponse<String> added(ApiClient api) {
    return api.post(
        "/products", "{\"name\":\"kettle\",\"category\":\"kitchen\",\"description\":\"\"}");
  }

  private static HttpResponse<String> priced(ApiClient api, String path, int amount) {
    return api.put(path + "/price", "{\"amount\":" + amount + ",\"currency\":\"EUR\"}");
  }

  /** Whether a row is what was written. */
  private static boolean isShown(HttpResponse<String> row, Write write) {
    return row.statusCode() == 200 && json(row).get(write.field()).asString().equals(write.value());
  }

  @Test
  void honours_every_token_in_time() throws Exception {
    Instance instance = start();
    try (ApiClient api = new ApiClient(instance.url())) {
      List<List<String>> rows = new ArrayList<>();
      double oneStep = timed("by-id, one topic between", api, TokenMeasurement::customer, rows);
      timed("product-page, no topic between", api, TokenMeasurement::page, rows);
      double foreign =
          timed("foreign-key join, two topics between", api, TokenMeasurement::offer, rows);
      sheet.note(
          TIMED + " reads each, one after the other, from the answer to the write to the row.");
      sheet.table(List.of("view", "p50 ms", "p99 ms", "max ms"), rows);
      sheet.bar(oneStep <= ONE_STEP_BAR_MS, "by-id, p50: %.1f <= 50 ms".formatted(oneStep));
      sheet.bar(
          foreign <= FOREIGN_KEY_BAR_MS,
          "foreign-key join, p50: %.1f <= 250 ms".formatted(foreign));
    } finally {
      instance.close();
    }
    sheet.note(SEQUENCES + " writes, each followed by its read; a restart after half of them.");
    List<List<String>> rows = new ArrayList<>();
    rows.add(sequences("customers/by-id", TokenMeasurement::customer));
    rows.add(sequences("catalogue/product-page", TokenMeasurement::page));
    sheet.table(List.of("view", "reads", "stale", "not answered", "reads/s"), rows);
    sheet.check();
  }

  private Instance start() {
    return Servers.embedded(
        directory,
        CustomerDomain.CUSTOMERS,
        ProductDomain.PRODUCTS,
        PriceDomain.PRICES,
        CatalogueDomain.CATALOGUE,
        Offers.OFFERS);
  }

  private static double timed(String what, ApiClient api, Writer writer, List<List<String>> rows) {
    double[] millis = new double[TIMED];
    for (int i = -WARM_UP; i < TIMED; i++) {
      Write write = writer.write(api, i + WARM_UP);
      long begun = System.nanoTime();
      HttpResponse<String> row = api.get(write.path());
      double took = (System.nanoTime() - begun) / 1e6;
      if (!isShown(row, write)) {
        throw new AssertionError(what + ": " + row.statusCode() + " " + row.body());
      }
      if (i >= 0) {
        millis[i] = took;
      }
    }
    Arrays.sort(millis);
    rows.add(
        List.of(
            what,
            text(millis[TIMED / 2]),
            text(millis[TIMED * 99 / 100]),
            text(millis[TIMED - 1])));
    return millis[TIMED / 2];
  }

  private static String text(double millis) {
    return String.format(Locale.ROOT, "%.1f", millis);
  }

  private List<String> sequences(String view, Writer writer) throws Exception {
    AtomicInteger stale = new AtomicInteger();
    AtomicInteger unanswered = new AtomicInteger();
    ConcurrentLinkedQueue<Write> last = new ConcurrentLinkedQueue<>();
    long nanos = 0;
    for (int half = 0; half < 2; half++) {
      Instance instance = start();
      try (ApiClient api = new ApiClient(instance.url());
          ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
        // What was written before the restart is read again after it.
        last.forEach(write -> judge(api.get(write.path()), write, stale, unanswered));
        long begun = System.nanoTime();
        List<Future<?>> running = new ArrayList<>();
        for (int client = 0; client < CLIENTS; client++) {
          running.add(
              clients.submit(
                  () -> {
                    for (int i = 0; i < SEQUENCES / 2 / CLIENTS; i++) {
                      Write write = writer.write(api, i);
                      judge(api.get(write.path()), write, stale, unanswered);
                      last.add(write);
                    }
                  }));
        }
        for (Future<?> each : running) {
          each.get();
        }
        nanos += System.nanoTime() - begun;
      } finally {
        instance.close();
      }
      while (last.size() > 100) {
        last.remove();
      }
    }
    int reads = SEQUENCES / 2 / CLIENTS * CLIENTS * 2;
    sheet.bar(stale.get() == 0, view + ": " + stale + " stale");
    sheet.bar(unanswered.get() == 0, view + ": " + unanswered + " not answered");
    return List.of(
        view,
        String.valueOf(reads),
        stale.toString(),
        unanswered.toString(),
        String.format(Locale.ROOT, "%.0f", reads * 1e9 / nanos));
  }

  private static void judge(
      HttpResponse<String> row, Write write, AtomicInteger stale, AtomicInteger unanswered) {
    if (row.statusCode() >= 500) {
      unanswered.incrementAndGet();
      System.out.println(row.body());
    } else if (!isShown(row, write)) {
      stale.incrementAndGet();
      System.out.println(write + ": " + row.statusCode() + " " + row.body());
    }
  }
}
