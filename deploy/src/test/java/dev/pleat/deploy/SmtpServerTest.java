package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.topology.Effect;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** E-mails handed to a real SMTP server, and what its answers mean. */
final class SmtpServerTest {

  private static final UUID KEY = UUID.fromString("0a7d5b3a-1f0e-5c1d-9a51-0f6a2d1b7c11");
  private static final String TO = "grace@example.com";

  private final MailServer mail = MailServer.start();

  @AfterEach
  void stop() {
    mail.close();
  }

  private static Outside.Result send(SmtpSettings settings, String to) {
    return new SmtpServer(settings).call(new Effect.Email(to, "Grüße", "Hello,\nyou.\n"), KEY);
  }

  private Outside.Result send(String to) {
    return send(mail.settings(), to);
  }

  @Test
  void hands_over_an_email_whose_message_id_is_the_key() throws Exception {
    assertEquals(new Outside.Done(), send(TO));
    assertEquals(new Outside.Done(), send(TO));

    assertEquals(2, mail.to(TO).size());
    for (MailServer.Delivery delivery : mail.to(TO)) {
      assertEquals("<" + KEY + "@example.org>", delivery.messageId());
    }
    var message = mail.to(TO).getFirst().message();
    assertEquals("Grüße", message.getSubject());
    assertEquals("pleat@example.org", message.getFrom()[0].toString());
    assertEquals(TO, message.getAllRecipients()[0].toString());
    assertEquals("auto-generated", message.getHeader("Auto-Submitted")[0]);
    assertEquals("Hello,\nyou.", message.getContent().toString().replace("\r", "").strip());
  }

  @Test
  void what_is_refused_for_good_is_refused() {
    mail.refuseRecipient(TO, 550, 1);
    mail.refuseContents("alan@example.com", 554, 1);

    Outside.Refused refused = assertInstanceOf(Outside.Refused.class, send(TO));
    assertTrue(refused.reason().contains("550 as it was told to"), refused.reason());
    assertInstanceOf(Outside.Refused.class, send("alan@example.com"));
    assertEquals(List.of(), mail.deliveries());
  }

  @Test
  void what_is_refused_this_time_is_postponed() {
    mail.refuseRecipient(TO, 450, 1);
    mail.refuseContents("alan@example.com", 451, 1);

    Outside.Postponed postponed = assertInstanceOf(Outside.Postponed.class, send(TO));
    assertTrue(postponed.reason().contains("450"), postponed.reason());
    assertInstanceOf(Outside.Postponed.class, send("alan@example.com"));
    assertEquals(new Outside.Done(), send(TO));
  }

  @Test
  void a_server_that_is_shutting_down_says_nothing_of_the_email() {
    mail.refuseRecipient(TO, 421, 1);

    assertInstanceOf(Outside.Unreachable.class, send(TO));
  }

  @Test
  void a_server_that_is_not_there_cannot_be_reached() {
    mail.stop();

    Outside.Unreachable unreachable = assertInstanceOf(Outside.Unreachable.class, send(TO));
    assertTrue(unreachable.reason().contains("127.0.0.1:" + mail.port()), unreachable.reason());
  }

  @Test
  void sends_nothing_where_the_connection_cannot_be_encrypted_as_it_must_be() {
    SmtpSettings settings =
        new SmtpSettings(
            "127.0.0.1",
            mail.port(),
            "pleat@example.org",
            SmtpSettings.Security.STARTTLS,
            Optional.of(new SmtpSettings.Login("pleat", "s3cret")));

    assertInstanceOf(Outside.Unreachable.class, send(settings, TO));
    assertEquals(0, mail.asked());
    assertTrue(!settings.toString().contains("s3cret"), settings.toString());
  }

  @Test
  void a_login_that_is_not_taken_is_no_failure_of_the_email() {
    SmtpSettings settings =
        new SmtpSettings(
            "127.0.0.1",
            mail.port(),
            "pleat@example.org",
            SmtpSettings.Security.NONE,
            Optional.of(new SmtpSettings.Login("pleat", "s3cret")));

    // This server knows no login at all.
    Outside.Unreachable unreachable =
        assertInstanceOf(Outside.Unreachable.class, send(settings, TO));
    assertTrue(!unreachable.reason().contains("s3cret"), unreachable.reason());
    assertEquals(0, mail.asked());
  }

  @Test
  void writes_to_nobody_else_than_the_address_says() {
    for (String to :
        new String[] {
          "a,b@example.com",
          "(a)b@example.com",
          "a<b@example.com",
          "\"a b\"<c@example.com",
          "no-address",
          "a@b@example.com"
        }) {
      assertInstanceOf(Outside.Refused.class, send(to), to);
    }
    assertEquals(0, mail.asked());
    assertEquals(new Outside.Done(), send("grace@bücher.example"));
    assertEquals(1, mail.to("grace@xn--bcher-kva.example").size());
    assertEquals(new Outside.Done(), send("grüße@example.com"));
    assertEquals(1, mail.to("grüße@example.com").size());
  }
}
