package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.calculator.CalculatorSchema;
import dev.pleat.topology.ViewIndex;
import dev.pleat.topology.calculator.CalculatorDomain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

/** A replica that has not reached a broker since it was started. */
final class ReplicaTest {

  private static final Instant LEVEL = Instant.parse("2026-11-21T10:00:00Z");
  private static final String VALUES = "calculator/values";
  private static final String ID = "d35e95f5-2a7a-4c31-8d28-2eb92643a154";
  private static final String PAGE = "/domains/calculator/views/values";

  @TempDir Path directory;

  private Optional<Replica> running = Optional.empty();

  @AfterEach
  void close() {
    running.ifPresent(Replica::close);
  }

  private ApiClient start(String... views) throws IOException {
    int nobody;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = free.getLocalPort();
    }
    Replica replica =
        Replica.start(
            new ReplicaSettings(
                "127.0.0.1", 0, directory, "127.0.0.1:" + nobody, List.of(views), false),
            Servers.DOMAINS,
            InstantSource.fixed(LEVEL.plusSeconds(75)));
    running = Optional.of(replica);
    return new ApiClient(replica.url());
  }

  private Path copies() {
    return directory.resolve("copies").resolve("calculator.values");
  }

  /** Leaves a copy with one row as a replica that was stopped does. */
  private void leave(int number, double value, boolean complete) throws Exception {
    Files.createDirectories(copies());
    ViewIndex index =
        ViewIndex.of(
            CalculatorDomain.CALCULATOR,
            CalculatorSchema.SCHEMA.view(CalculatorSchema.VALUES).orElseThrow());
    try (StoreMemory memory = new StoreMemory(1024 * 1024);
        ViewCopy copy = new ViewCopy(copies().resolve("" + number), index, memory)) {
      String row = "{\"value-id\":\"%s\",\"value\":%s,\"version\":1}".formatted(ID, value);
      copy.writeRows(
          Map.of(ID, Optional.of(row.getBytes(UTF_8))),
          new Checkpoint(
              3,
              List.of("topic"),
              Map.of("calculator", "log"),
              List.of(7L, 0L),
              List.of(9L, 0L),
              LEVEL.toEpochMilli(),
              complete));
    } catch (RocksDBException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> left() throws IOException {
    try (Stream<Path> all = Files.list(copies())) {
      return all.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void says_that_its_copy_is_not_complete_before_it_ever_was() throws Exception {
    try (ApiClient api = start(VALUES)) {
      for (String path : List.of("/values/" + ID, PAGE, PAGE + "/" + ID, PAGE + "?after=x")) {
        HttpResponse<String> answer = api.get(path);
        assertEquals(503, answer.statusCode(), path);
        assertEquals("replica-not-complete", json(answer).get("code").asString());
        assertTrue(json(answer).get("detail").asString().contains("0 % is done"), answer.body());
        assertEquals("1", header(answer, "Retry-After"));
        assertEquals(Optional.empty(), answer.headers().firstValue("Age"));
      }
      assertEquals(503, api.get("/health/ready").statusCode());
      assertEquals(200, api.get("/health/live").statusCode());
      assertEquals(200, api.get("/domains/calculator").statusCode());
      assertEquals(404, api.get("/domains/customers").statusCode());
    }
  }

  @Test
  void answers_from_what_it_copied_before_with_the_age_of_that() throws Exception {
    leave(1, 3, true);
    try (ApiClient api = start(VALUES)) {
      HttpResponse<String> row = api.get("/values/" + ID);
      assertEquals(200, row.statusCode(), row.body());
      assertEquals("75", header(row, "Age"));
      assertEquals("g3:7,0", header(row, "Pleat-Position"));
      assertEquals("\"1\"", header(row, "ETag"));
      assertEquals(1, json(api.get(PAGE)).get("rows").size());
      HttpResponse<String> ready = api.get("/health/ready");
      assertEquals(200, ready.statusCode());
      assertTrue(ready.body().contains("the cluster"), ready.body());
    }
  }

  @Test
  void throws_away_a_fresh_copy_that_a_crash_left_half_written() throws Exception {
    leave(1, 3, true);
    leave(2, 4, false);
    try (ApiClient api = start(VALUES)) {
      assertEquals(3, json(api.get("/values/" + ID)).get("value").asInt());
      assertEquals(List.of("1"), left());
    }
  }

  @Test
  void throws_away_an_old_copy_that_a_crash_left_beside_the_complete_new_one() throws Exception {
    leave(1, 3, true);
    leave(2, 4, true);
    try (ApiClient api = start(VALUES)) {
      assertEquals(4, json(api.get("/values/" + ID)).get("value").asInt());
      assertEquals(List.of("2"), left());
    }
  }

  @Test
  void throws_away_a_copy_that_cannot_be_read() throws Exception {
    leave(1, 3, true);
    Files.writeString(copies().resolve("1").resolve("CURRENT"), "no manifest\n");
    try (ApiClient api = start(VALUES)) {
      assertEquals(503, api.get("/values/" + ID).statusCode());
      assertFalse(left().contains("1"));
    }
  }

  @Test
  void one_process_has_the_directory() throws Exception {
    start(VALUES).close();
    assertTrue(refused(VALUES).contains("in use by another process"));
  }

  @Test
  void refuses_views_that_there_are_not_and_names_those_there_are() {
    String said = refused("calculator/nothing", VALUES);
    assertTrue(said.contains("there is no calculator/nothing;"), said);
    assertTrue(said.contains("there are calculator/values"), said);
    assertTrue(refused().contains("there are calculator/values"));
  }

  private String refused(String... views) {
    return String.valueOf(
        assertThrows(
                StartRefused.class,
                () ->
                    Replica.start(
                            new ReplicaSettings(
                                "127.0.0.1", 0, directory, "127.0.0.1:1", List.of(views), false),
                            Servers.DOMAINS,
                            InstantSource.system())
                        .close())
            .getMessage());
  }
}
