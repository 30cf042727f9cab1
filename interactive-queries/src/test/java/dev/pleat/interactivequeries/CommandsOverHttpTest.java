package dev.pleat.interactivequeries;

import static dev.pleat.interactivequeries.RunningApi.COMMAND_ID;
import static dev.pleat.interactivequeries.RunningApi.LOG_ID;
import static dev.pleat.interactivequeries.RunningApi.VALUE_ID;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.InMemoryCommands.Sent;
import dev.pleat.interactivequeries.RunningApi.Answered;
import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.Outcome.Rejected;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CommandsOverHttpTest {

  private static final String THREE = "{\"value\":3}";
  private static final String ADD_SIX = "{\"operation\":\"ADD\",\"value\":6}";
  private static final String CREATED_ID =
      NameBasedId.ofAggregate("calculator", UUID.fromString(COMMAND_ID)).toString();
  private static final String EVENT_ID =
      NameBasedId.ofEvent("calculator", CREATED_ID, UUID.fromString(COMMAND_ID), 0).toString();

  private final RunningApi api = new RunningApi();

  @AfterEach
  void close() {
    api.close();
  }

  // ---- decided in time

  @Test
  void answers_201_with_location_etag_and_token() {
    Answered created = api.post("/values", THREE, "Idempotency-Key", COMMAND_ID);

    String token = new Token("calculator", LOG_ID, CREATED_ID, 1).text();
    assertEquals(201, created.status());
    assertEquals(Optional.of("application/json"), created.header("Content-Type"));
    assertEquals(Optional.of("/values/" + CREATED_ID), created.header("Location"));
    assertEquals(Optional.of("\"1\""), created.header("ETag"));
    assertEquals(Optional.of(token), created.header("Pleat-Token"));
    assertEquals(Optional.of(COMMAND_ID), created.header("Pleat-Command-Id"));
    assertEquals(Optional.empty(), created.header("Idempotent-Replayed"));
    assertEquals(Optional.empty(), created.header("Preference-Applied"));
    assertEquals(
        "{\"command-id\":\"%s\",\"status\":\"accepted\",\"value-id\":\"%s\",\"version\":1,\"events\":[\"%s\"],\"token\":\"%s\"}"
            .formatted(COMMAND_ID, CREATED_ID, EVENT_ID, token),
        created.body());
    created.givesNothingAway();
  }

  @Test
  void where_location_points_the_row_is_read() {
    Answered created = api.post("/values", THREE);

    Answered row = api.get(created.header("Location").orElseThrow());

    assertEquals(200, row.status());
    assertEquals(created.field("value-id"), row.field("value-id"));
  }

  @Test
  void answers_200_to_an_update() {
    String id = api.created(3);

    Answered updated = api.put("/values/" + id, ADD_SIX);

    assertEquals(200, updated.status());
    assertEquals("accepted", updated.field("status"));
    assertEquals(2, updated.field("version"));
    assertEquals(Optional.of("\"2\""), updated.header("ETag"));
    assertEquals(Optional.empty(), updated.header("Location"));
    assertEquals(
        new Token("calculator", LOG_ID, id, 2).text(), updated.header("Pleat-Token").orElseThrow());
  }

  @Test
  void answers_unchanged_without_events() {
    String id = api.created(3);

    Answered same = api.put("/values/" + id, "{\"operation\":\"MULTIPLY\",\"value\":1}");

    assertEquals(200, same.status());
    assertEquals(
        List.of("command-id", "status", "value-id", "version", "token"),
        List.copyOf(same.json().keySet()));
    assertEquals("unchanged", same.field("status"));
    assertEquals(Optional.of("\"1\""), same.header("ETag"));
  }

  @Test
  void replays_answer_as_the_first_time() {
    Answered first = api.post("/values", THREE, "Idempotency-Key", COMMAND_ID);
    Answered again = api.post("/values", THREE, "Idempotency-Key", COMMAND_ID);

    assertEquals(201, again.status());
    assertEquals(first.body(), again.body());
    assertEquals(first.header("Location"), again.header("Location"));
    assertEquals(Optional.of("true"), again.header("Idempotent-Replayed"));
  }

  @Test
  void replayed_rejections_say_so() {
    String path = "/values/" + VALUE_ID;
    Answered first = api.put(path, ADD_SIX, "Idempotency-Key", COMMAND_ID);
    Answered again = api.put(path, ADD_SIX, "Idempotency-Key", COMMAND_ID);

    first.isProblem(409, "value-not-found");
    again.isProblem(409, "value-not-found");
    assertEquals(first.body(), again.body());
    assertEquals(Optional.empty(), first.header("Idempotent-Replayed"));
    assertEquals(Optional.of("true"), again.header("Idempotent-Replayed"));
  }

  // ---- what lies on the log

  @Test
  void hands_over_what_the_action_s_record_has() {
    api.post("/values", THREE, "Idempotency-Key", COMMAND_ID);

    Sent sent = api.commands.last();
    assertEquals(CREATED_ID, sent.aggregateId());
    assertEquals("CreateValue", sent.command().action());
    assertEquals(UUID.fromString(COMMAND_ID), sent.command().id());
    assertEquals("2026-11-21T10:00:00Z", sent.command().timestamp().toString());
    assertEquals(OptionalLong.empty(), sent.command().expectedVersion());
    assertEquals(Optional.empty(), sent.command().actor());
    assertEquals(
        "{\"value-id\":\"" + CREATED_ID + "\",\"value\":3.0}", sent.command().data().toString());
  }

  @Test
  void puts_the_id_of_the_path_and_the_fields_in_the_record_s_order() {
    api.put("/values/" + VALUE_ID, "{\"value\":6,\"operation\":\"ADD\"}");

    assertEquals(VALUE_ID, api.commands.last().aggregateId());
    assertEquals(
        "{\"value-id\":\"" + VALUE_ID + "\",\"operation\":\"ADD\",\"value\":6.0}",
        api.commands.last().command().data().toString());
  }

  @Test
  void takes_the_full_data_on_the_generic_route() {
    Answered sent =
        api.post(
            "/domains/calculator/commands/CreateValue",
            "{\"value-id\":\"" + VALUE_ID + "\",\"value\":3}");

    assertEquals(200, sent.status(), sent.body());
    assertEquals(VALUE_ID, sent.field("value-id"));
    assertEquals(Optional.empty(), sent.header("Location"));
    assertEquals(VALUE_ID, api.commands.last().aggregateId());
  }

  @Test
  void passes_on_a_traceparent_in_its_form_only() {
    String trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    api.post("/values", THREE, "traceparent", trace);
    assertEquals(Optional.of(trace), api.commands.last().traceparent());

    for (String wrong :
        List.of(
            trace.toUpperCase(),
            trace + "-x",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")) {
      assertEquals(201, api.post("/values", THREE, "traceparent", wrong).status());
      assertEquals(Optional.empty(), api.commands.last().traceparent(), wrong);
    }
  }

  // ---- the command's id

  @Test
  void makes_a_command_id_when_there_is_none() {
    Answered one = api.post("/values", THREE);
    Answered two = api.post("/values", THREE);

    assertNotEquals(one.field("command-id"), two.field("command-id"));
    assertNotEquals(one.field("value-id"), two.field("value-id"));
    assertEquals(api.commands.last().command().id().toString(), two.field("command-id"));
  }

  @ParameterizedTest
  @CsvSource({
    "7037A79D-7E6B-4969-9EA5-6D5C28605AC4",
    "\"7037a79d-7e6b-4969-9ea5-6d5c28605ac4\"",
    "'  7037a79d-7e6b-4969-9ea5-6d5c28605ac4  '"
  })
  void understands_a_command_id_in_upper_case_or_quotes(String given) {
    Answered created = api.post("/values", THREE, "Idempotency-Key", given);

    assertEquals(201, created.status(), created.body());
    assertEquals(COMMAND_ID, created.field("command-id"));
  }

  @Test
  void refuses_a_command_id_that_is_no_uuid() {
    for (String wrong :
        List.of(
            "1",
            "",
            COMMAND_ID.replace("-", ""),
            COMMAND_ID + "0",
            "{" + COMMAND_ID + "}",
            COMMAND_ID + ", " + COMMAND_ID)) {
      api.post("/values", THREE, "Idempotency-Key", wrong).isProblem(400, "invalid-command-id");
    }
    assertEquals(List.of(), api.commands.sent());
  }

  @Test
  void refuses_several_command_ids_that_differ() {
    api.post("/values", THREE, "Idempotency-Key", COMMAND_ID, "Idempotency-Key", VALUE_ID)
        .isProblem(400, "invalid-command-id");
    assertEquals(
        201,
        api.post("/values", THREE, "Idempotency-Key", COMMAND_ID, "Idempotency-Key", COMMAND_ID)
            .status());
  }

  @Test
  void problems_carry_the_command_id() {
    Answered wrong = api.post("/values", "{}", "Idempotency-Key", COMMAND_ID);
    assertEquals(COMMAND_ID, wrong.isProblem(422, "schema-mismatch").field("command-id"));

    Answered made = api.post("/values", "{}").isProblem(422, "schema-mismatch");
    assertEquals(36, ((String) made.field("command-id")).length());
  }

  // ---- expected versions

  @Test
  void if_match_names_the_expected_version() {
    String id = api.created(3);

    assertEquals(200, api.put("/values/" + id, ADD_SIX, "If-Match", "\"1\"").status());
    assertEquals(OptionalLong.of(1), api.commands.last().command().expectedVersion());

    Answered stale = api.put("/values/" + id, ADD_SIX, "If-Match", "\"1\"");
    stale.isProblem(412, "version-conflict");
    assertEquals(2, stale.field("version"));
    assertEquals(Optional.of("\"2\""), stale.header("ETag"));
    assertEquals(
        Optional.of(new Token("calculator", LOG_ID, id, 2).text()), stale.header("Pleat-Token"));
  }

  @Test
  void if_none_match_means_that_it_must_not_exist() {
    api.post("/values", THREE, "If-None-Match", "*");
    assertEquals(OptionalLong.of(0), api.commands.last().command().expectedVersion());
  }

  @Test
  void refuses_other_preconditions() {
    for (String wrong : List.of("7", "*", "W/\"7\"", "\"7\", \"8\"", "\"x\"", "\"-1\"", "\"\"")) {
      api.put("/values/" + VALUE_ID, ADD_SIX, "If-Match", wrong)
          .isProblem(400, "invalid-precondition");
    }
    for (String wrong : List.of("\"7\"", "W/\"7\"", "*, *")) {
      api.post("/values", THREE, "If-None-Match", wrong).isProblem(400, "invalid-precondition");
    }
    api.post("/values", THREE, "If-None-Match", "*", "If-Match", "\"1\"")
        .isProblem(400, "invalid-precondition");
    assertEquals(List.of(), api.commands.sent());
  }

  // ---- preferences

  @Test
  void waits_five_seconds_unless_asked_otherwise() {
    api.post("/values", THREE);
    assertEquals(Duration.ofSeconds(5), api.commands.last().timeToWait());
    api.post("/values", THREE, "Prefer", "wait=12");
    assertEquals(Duration.ofSeconds(12), api.commands.last().timeToWait());
    api.post("/values", THREE, "Prefer", "handling=lenient; x=\"a,b\", wait=\"7\"");
    assertEquals(Duration.ofSeconds(7), api.commands.last().timeToWait());
    api.post("/values", THREE, "Prefer", "foo", "Prefer", "wait=9");
    assertEquals(Duration.ofSeconds(9), api.commands.last().timeToWait());
    assertEquals(
        Optional.of("wait=30"),
        api.post("/values", THREE, "Prefer", "wait=3000").header("Preference-Applied"));
    assertEquals(Duration.ofSeconds(30), api.commands.last().timeToWait());
    for (String ignored : List.of("wait=-1", "wait=x", "wait", "wait=", ",;=,", "wait=1.5")) {
      assertEquals(201, api.post("/values", THREE, "Prefer", ignored).status());
      assertEquals(Duration.ofSeconds(5), api.commands.last().timeToWait(), ignored);
    }
  }

  @Test
  void respond_async_answers_202_with_where_to_look() {
    Answered pending =
        api.post("/values", THREE, "Prefer", "respond-async", "Idempotency-Key", COMMAND_ID);

    assertEquals(Duration.ZERO, api.commands.last().timeToWait());
    assertEquals(202, pending.status());
    assertEquals(Optional.of("respond-async"), pending.header("Preference-Applied"));
    assertEquals(
        Optional.of("/commands/" + COMMAND_ID + "?key=" + CREATED_ID), pending.header("Location"));
    assertEquals(
        "{\"command-id\":\"%s\",\"status\":\"pending\",\"value-id\":\"%s\"}"
            .formatted(COMMAND_ID, CREATED_ID),
        pending.body());
    assertEquals(Optional.empty(), pending.header("Pleat-Token"));
    assertEquals(200, api.get(pending.header("Location").orElseThrow()).status());
  }

  @Test
  void answers_202_when_not_decided_in_time() {
    api.commands.answer(sent -> new Submission.Pending());

    Answered pending = api.put("/values/" + VALUE_ID, ADD_SIX, "Prefer", "wait=1");

    assertEquals(202, pending.status());
    assertEquals("pending", pending.field("status"));
    assertEquals(VALUE_ID, pending.field("value-id"));
    assertEquals(Optional.of("wait=1"), pending.header("Preference-Applied"));
  }

  @Test
  void a_command_just_answered_as_pending_is_known_before_the_index_has_it() {
    api.commands.answer(sent -> new Submission.Pending());
    Answered pending = api.post("/values", THREE);

    Answered status = api.get(pending.header("Location").orElseThrow());

    assertEquals(200, status.status());
    assertEquals(pending.body(), status.body());
    api.get("/commands/" + pending.field("command-id") + "?key=" + VALUE_ID)
        .isProblem(404, "command-not-found");
  }

  @Test
  void answers_with_the_row_when_the_client_prefers_it() {
    Answered created =
        api.post(
            "/values", THREE, "Prefer", "return=representation", "Idempotency-Key", COMMAND_ID);

    assertEquals(201, created.status());
    assertEquals(
        "{\"value-id\":\"" + CREATED_ID + "\",\"value\":3.0,\"version\":1}", created.body());
    assertEquals(Optional.of("return=representation"), created.header("Preference-Applied"));
    assertEquals(Optional.of("/values/" + CREATED_ID), created.header("Content-Location"));
    assertEquals(Optional.of("/values/" + CREATED_ID), created.header("Location"));
    assertEquals(Optional.of("\"1\""), created.header("ETag"));
    assertEquals(Optional.of(COMMAND_ID), created.header("Pleat-Command-Id"));
    assertTrue(created.header("Pleat-Token").isPresent());

    Answered same =
        api.put(
            "/values/" + CREATED_ID,
            "{\"operation\":\"ADD\",\"value\":0}",
            "Prefer",
            "return=representation");
    assertEquals(200, same.status());
    assertEquals(created.body(), same.body());
  }

  @Test
  void answers_with_the_outcome_when_the_row_cannot_be_had() {
    api.views.unavailable(Answer.VIEW_STOPPED, "stopped");

    Answered created = api.post("/values", THREE, "Prefer", "return=representation, wait=3");

    assertEquals(201, created.status());
    assertEquals("accepted", created.field("status"));
    assertEquals(Optional.of("wait=3"), created.header("Preference-Applied"));
    assertEquals(Optional.empty(), created.header("Content-Location"));
  }

  // ---- what the log and the write side say

  @ParameterizedTest
  @CsvSource({
    "value-not-found, 409, false",
    "anything-a-domain-says, 409, false",
    "expired, 409, false",
    "not-authorised, 403, false",
    "version-conflict, 412, false",
    "schema-mismatch, 422, false",
    "command-id-reused, 422, false",
    "too-large, 422, false",
    "key-mismatch, 422, false",
    "wrong-partition, 422, false",
    "unknown-action, 404, false",
    "decision-failed, 500, true",
    "dedupe-full, 503, true"
  })
  void answers_each_rejection_with_its_status(String reason, int status, boolean retryable) {
    api.commands.answer(
        sent ->
            new Submission.Decided(
                InMemoryCommands.outcome(
                    sent.aggregateId(), sent.command(), new Rejected(7, reason, "because"))));

    Answered rejected = api.post("/values", THREE, "Idempotency-Key", COMMAND_ID);

    rejected.isProblem(status, reason);
    assertEquals("because", rejected.field("detail"));
    assertEquals(7, rejected.field("version"));
    assertEquals(retryable, rejected.field("retryable"));
    assertEquals(COMMAND_ID, rejected.field("command-id"));
    assertEquals(
        Optional.of(new Token("calculator", LOG_ID, CREATED_ID, 7).text()),
        rejected.header("Pleat-Token"));
  }

  @Test
  void says_when_it_is_not_known_whether_the_log_has_the_command() {
    api.commands.answer(sent -> new Submission.Unknown("no acknowledgement"));

    Answered unknown =
        api.post("/values", THREE, "Idempotency-Key", COMMAND_ID).isProblem(503, "outcome-unknown");

    assertEquals(true, unknown.field("retryable"));
    assertEquals(COMMAND_ID, unknown.field("command-id"));
    assertEquals(Optional.of("1"), unknown.header("Retry-After"));
  }

  @Test
  void says_when_nothing_was_written() {
    api.commands.answer(sent -> new Submission.Refused(Submission.OVERLOADED, "too many"));
    assertEquals(true, api.post("/values", THREE).isProblem(503, "overloaded").field("retryable"));
    api.commands.answer(sent -> new Submission.Refused(Submission.NOT_NOW, "starting"));
    api.post("/values", THREE).isProblem(503, "not-now");
  }

  @Test
  void so_many_commands_are_under_way_and_no_more() throws Exception {
    try (RunningApi small =
        new RunningApi(
            new HttpApi.Limits(1, HttpApi.Limits.DEFAULT.streamTime(), Duration.ofSeconds(30)))) {
      CountDownLatch taken = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      small.commands.answer(
          sent -> {
            taken.countDown();
            try {
              go.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return new Submission.Pending();
          });
      CompletableFuture<Answered> first =
          CompletableFuture.supplyAsync(() -> small.post("/values", THREE));
      taken.await();
      for (String prefer : List.of("respond-async", "wait=5")) {
        Answered refused =
            small.post("/values", THREE, "Prefer", prefer).isProblem(503, "overloaded");
        assertEquals(Optional.of("1"), refused.header("Retry-After"));
      }
      assertEquals(1, small.commands.sent().size());
      go.countDown();
      assertEquals(202, first.get(30, TimeUnit.SECONDS).status());
      assertEquals(202, small.post("/values", THREE).status());
    }
  }

  @Test
  void a_defect_is_answered_without_saying_where() {
    api.commands.answer(
        sent -> {
          throw new IllegalStateException("java.lang secret");
        });
    api.post("/values", THREE).isProblem(500, "internal-error");
    api.commands.answer(
        sent -> {
          throw new StackOverflowError("java.lang secret");
        });
    api.post("/values", THREE).isProblem(500, "internal-error");
    api.commands.answer(sent -> new Submission.Pending());
    assertEquals(202, api.post("/values", THREE).status());
  }

  // ---- who sends it

  @Test
  void hands_over_who_sends_the_command() {
    api.post("/values", THREE, "Pleat-Actor", "ada");
    assertEquals(Optional.of("ada"), api.commands.last().command().actor());

    api.post("/values", THREE);
    assertEquals(Optional.empty(), api.commands.last().command().actor());
  }

  @ParameterizedTest
  @CsvSource({"Forwarded,for=192.0.2.1", "X-Forwarded-For,192.0.2.1", "Via,1.1 gateway"})
  void takes_no_actor_that_came_through_a_proxy(String header, String value) {
    api.post("/values", THREE, "Pleat-Actor", "ada", header, value)
        .isProblem(403, "not-authorised");
    assertEquals(List.of(), api.commands.sent());
    assertEquals(201, api.post("/values", THREE, header, value).status());
  }

  @Test
  void takes_one_actor_of_a_usable_name() {
    for (String wrong : List.of("", "a".repeat(201))) {
      api.post("/values", THREE, "Pleat-Actor", wrong).isProblem(400, "invalid-actor");
    }
    api.post("/values", THREE, "Pleat-Actor", "ada", "Pleat-Actor", "charles")
        .isProblem(400, "invalid-actor");
    assertEquals(201, api.post("/values", THREE, "Pleat-Actor", "a".repeat(200)).status());
  }

  @Test
  void takes_nobody_for_a_policy_or_an_effect() {
    for (String own : List.of("policy:calculator/rounding", "effect:calculator/printing")) {
      api.post("/values", THREE, "Pleat-Actor", own).isProblem(400, "invalid-actor");
    }
    assertEquals(List.of(), api.commands.sent());
  }
}
