package dev.pleat.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.MessageHeaders;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerCommand.RecordInvitationSent;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerEvent.CustomerInvited;
import dev.pleat.schemas.customers.CustomerEvent.InvitationSent;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.EffectReader.Asked;
import dev.pleat.topology.EffectReader.Nothing;
import dev.pleat.topology.EffectReader.Reading;
import dev.pleat.topology.EffectReader.Unusable;
import dev.pleat.topology.customers.ChangingAddress;
import dev.pleat.topology.customers.CustomerDomain;
import dev.pleat.topology.customers.CustomerProjection;
import dev.pleat.topology.customers.Customers;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What an effect does because of an event, and what it records. */
class EffectReaderTest {

  private static final String EMAIL = "grace@example.com";
  private static final String ID = "610c3c35-110d-5838-852d-9cb895a95147";
  private static final UUID EVENT = new UUID(5, 6);
  private static final UUID COMMAND = new UUID(7, 8);

  private final EffectReader invitation =
      EffectReader.of(CustomerDomain.CUSTOMERS, CustomerSchema.INVITATION);

  private static byte[] bytes(CustomerEvent event) {
    return JsonCodec.write(
        new RecordedEvent(
            EVENT,
            COMMAND,
            event.getClass().getSimpleName(),
            JsonCodec.toObject((java.lang.Record) event),
            Instant.parse("2026-11-21T10:00:00Z"),
            1,
            1,
            Optional.empty(),
            Optional.empty()));
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] value) {
    return new ConsumerRecord<>("customers.events", 3, 17, EMAIL.getBytes(UTF_8), value);
  }

  private static ConsumerRecord<byte[], byte[]> invited() {
    return record(bytes(new CustomerInvited(ID, EMAIL, Optional.of("ada"))));
  }

  private Asked asked(ConsumerRecord<byte[], byte[]> record) {
    return assertInstanceOf(Asked.class, invitation.read(record));
  }

  private static String header(ProducerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), UTF_8);
  }

  @Test
  void an_invitation_asks_for_an_email() {
    Effect.Email email = assertInstanceOf(Effect.Email.class, asked(invited()).call());

    assertEquals(EMAIL, email.to());
    assertEquals("You are invited", email.subject());
    assertTrue(email.text().contains("ada has invited you"), email.text());
    assertTrue(email.text().contains(ID), email.text());
  }

  @Test
  void reading_it_again_asks_for_the_same_call_and_records_it_by_the_same_commands() {
    Asked first = asked(invited());
    Asked again = asked(invited());

    assertEquals(first.key(), again.key());
    assertEquals(new String(first.done().value(), UTF_8), new String(again.done().value(), UTF_8));
    assertEquals(
        JsonCodec.readCommand(first.failed("a").value()).id(),
        JsonCodec.readCommand(again.failed("b").value()).id());
    assertNotEquals(
        JsonCodec.readCommand(first.done().value()).id(),
        JsonCodec.readCommand(first.failed("a").value()).id());
  }

  @Test
  void what_became_of_it_is_a_command_that_knows_its_cause() {
    ConsumerRecord<byte[], byte[]> record = invited();
    record.headers().add(MessageHeaders.HOPS, "3".getBytes(UTF_8));
    record.headers().add(MessageHeaders.TRACEPARENT, "trace".getBytes(UTF_8));

    ProducerRecord<byte[], byte[]> done = asked(record).done();

    assertEquals("customers.commands", done.topic());
    assertEquals(EMAIL, new String(done.key(), UTF_8));
    assertEquals(EVENT.toString(), header(done, MessageHeaders.CAUSE));
    assertEquals("4", header(done, MessageHeaders.HOPS));
    assertEquals("trace", header(done, MessageHeaders.TRACEPARENT));
    SubmittedCommand command = JsonCodec.readCommand(done.value());
    assertEquals("RecordInvitationSent", command.action());
    assertEquals(Optional.of("effect:customers/invitation"), command.actor());
    assertEquals(Optional.of(COMMAND.toString()), command.correlationId());
  }

  @Test
  void a_failure_is_recorded_with_its_reason_in_one_line() {
    ProducerRecord<byte[], byte[]> failed =
        asked(invited()).failed("550 no\r\n such mailbox " + "x".repeat(1_000));

    String reason = JsonCodec.readCommand(failed.value()).data().text("reason").orElseThrow();
    assertTrue(reason.startsWith("550 no such mailbox xxx"), reason);
    assertEquals(Effect.MAX_REASON, reason.length());
  }

  @Test
  void other_events_ask_for_nothing() {
    assertInstanceOf(Nothing.class, invitation.read(record(bytes(new InvitationSent(ID, EMAIL)))));
  }

  @Test
  void what_is_no_event_goes_to_the_dead_letters() {
    Unusable unusable =
        assertInstanceOf(Unusable.class, invitation.read(record("{".getBytes(UTF_8))));

    assertEquals("customers.dead-letters", unusable.letter().topic());
    assertEquals("unreadable", header(unusable.letter(), "pleat-reason"));
    assertEquals("customers.events", header(unusable.letter(), "pleat-topic"));
    assertEquals("17", header(unusable.letter(), "pleat-offset"));
    assertEquals("{", new String(unusable.letter().value(), UTF_8));
  }

  @Test
  void a_loop_of_policies_and_effects_ends() {
    ConsumerRecord<byte[], byte[]> record = invited();
    record
        .headers()
        .add(MessageHeaders.HOPS, Integer.toString(PolicyProcessor.MAX_HOPS).getBytes(UTF_8));

    Unusable unusable = assertInstanceOf(Unusable.class, invitation.read(record));
    assertEquals("too-many-hops", header(unusable.letter(), "pleat-reason"));
  }

  private static EffectReader of(Effect<CustomerCommand, CustomerEvent> effect) {
    return EffectReader.of(
        Domain.of(CustomerSchema.SCHEMA)
            .decidedBy(new Customers(), Customers.State.class)
            .projectedTo(CustomerSchema.BY_EMAIL, Customer.class, new CustomerProjection())
            .derivedAs(
                CustomerSchema.BY_ID,
                Customer.class,
                events ->
                    events.table(CustomerSchema.SCHEMA, Customer.class, new CustomerProjection()))
            .foundBy(
                CustomerSchema.BY_ID,
                Customer.class,
                CustomerSchema.BY_EMAIL,
                customer -> List.of(customer.email()))
            .reactsWith(
                CustomerSchema.CHANGING_ADDRESS, ChangingAddress.State.class, new ChangingAddress())
            .does("trying", effect)
            .build(),
        "trying");
  }

  private static Effect<CustomerCommand, CustomerEvent> emailTo(String address, String subject) {
    return event ->
        Optional.of(
            new Effect.Ask<>(
                new Effect.Email(address, subject, "text"),
                new RecordInvitationSent(EMAIL, ID),
                reason -> new RecordInvitationSent(EMAIL, ID)));
  }

  @Test
  void nothing_is_called_where_the_effect_fails_or_its_result_could_not_be_recorded() {
    for (Effect<CustomerCommand, CustomerEvent> wrong :
        List.<Effect<CustomerCommand, CustomerEvent>>of(
            event -> {
              throw new IllegalStateException("on purpose");
            },
            event ->
                Optional.of(
                    new Effect.Ask<>(
                        new Effect.Email(EMAIL, "subject", "text"),
                        new RecordInvitationSent(EMAIL, "no id"),
                        reason -> new RecordInvitationSent(EMAIL, ID))),
            event ->
                Optional.of(
                    new Effect.Ask<>(
                        new Effect.Email(EMAIL, "subject", "text"),
                        new RecordInvitationSent(EMAIL, ID),
                        reason -> new RecordInvitationSent(EMAIL, reason))))) {
      Reading reading = of(wrong).read(invited());
      Unusable unusable = assertInstanceOf(Unusable.class, reading);
      assertEquals("effect-failed", header(unusable.letter(), "pleat-reason"));
    }
  }

  @Test
  void nothing_gets_into_the_header_of_an_email_by_a_line_break() {
    for (String line : new String[] {"a\nBcc: b@example.com", "a\rb", "a\u0085b", "a\u2028b"}) {
      assertThrows(
          IllegalArgumentException.class, () -> new Effect.Email(EMAIL, line, "text"), line);
      assertThrows(
          IllegalArgumentException.class,
          () -> new Effect.Email(line + "@example.com", "subject", "text"),
          line);
      assertInstanceOf(Unusable.class, of(emailTo(EMAIL, line)).read(invited()));
    }
    assertInstanceOf(Asked.class, of(emailTo(EMAIL, "Grüße")).read(invited()));
  }
}
