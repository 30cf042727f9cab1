package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.topology.Effect;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.NoSuchProviderException;
import jakarta.mail.Session;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.net.IDN;
import java.time.Duration;
import java.util.Date;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.jspecify.annotations.Nullable;

/**
 * A mail server that takes e-mails one at a time, each over a connection of its own.
 *
 * <p>The {@code Message-ID} is the key of the call, so whoever gets an e-mail twice can tell. Only
 * what the server says of a recipient or of the contents is about the e-mail; whatever else goes
 * wrong is about the server, or our account there.
 */
final class SmtpServer implements Outside {

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration READ = Duration.ofSeconds(30);

  /** The server is about to close the connection, whatever is asked of it. */
  private static final int SHUTTING_DOWN = 421;

  private static final int FOR_GOOD = 500;

  private final SmtpSettings settings;
  private final Session session;

  SmtpServer(SmtpSettings settings) {
    this.settings = settings;
    this.session = Session.getInstance(properties(settings));
  }

  private static Properties properties(SmtpSettings settings) {
    Properties properties = new Properties();
    properties.put("mail.smtp.connectiontimeout", Long.toString(CONNECT.toMillis()));
    properties.put("mail.smtp.timeout", Long.toString(READ.toMillis()));
    properties.put("mail.smtp.writetimeout", Long.toString(READ.toMillis()));
    // The message is delivered when the server has said so; nobody waits for its farewell.
    properties.put("mail.smtp.quitwait", "false");
    properties.put("mail.smtp.auth", Boolean.toString(settings.login().isPresent()));
    properties.put("mail.smtp.ssl.checkserveridentity", "true");
    switch (settings.security()) {
      case NONE -> properties.put("mail.smtp.starttls.enable", "false");
      case STARTTLS -> {
        properties.put("mail.smtp.starttls.enable", "true");
        properties.put("mail.smtp.starttls.required", "true");
      }
      case TLS -> properties.put("mail.smtp.ssl.enable", "true");
    }
    // Addresses that are not ASCII, where the server knows them (SMTPUTF8).
    properties.put("mail.mime.allowutf8", "true");
    return properties;
  }

  @Override
  public Result call(Effect.Call call, UUID key) {
    return switch (call) {
      case Effect.Email email -> send(email, key);
    };
  }

  private Result send(Effect.Email email, UUID key) {
    InternetAddress to;
    try {
      to = address(email.to());
    } catch (AddressException | IllegalArgumentException e) {
      return new Refused("no e-mail can be sent to this address: " + e.getMessage());
    }
    try (SMTPTransport server = (SMTPTransport) session.getTransport("smtp")) {
      server.connect(
          settings.host(),
          settings.port(),
          settings.login().map(SmtpSettings.Login::user).orElse(null),
          settings.login().map(SmtpSettings.Login::password).orElse(null));
      if (settings.login().isPresent() && !server.supportsExtension("AUTH")) {
        return unreachable("it takes no login");
      }
      if (!to.getAddress().chars().allMatch(each -> each < 0x80)
          && !server.supportsExtension("SMTPUTF8")) {
        return new Refused("the mail server takes no addresses that are not ASCII");
      }
      server.sendMessage(message(email, to, key), new InternetAddress[] {to});
      return new Done();
    } catch (NoSuchProviderException e) {
      throw new IllegalStateException("the mail library is not whole", e);
    } catch (MessagingException e) {
      return result(e);
    }
  }

  /** The address as it goes over the wire: the name of the host in ASCII. */
  private static InternetAddress address(String text) throws AddressException {
    int at = text.lastIndexOf('@');
    if (at < 0) {
      throw new AddressException("it has no @");
    }
    String ascii = text.substring(0, at + 1) + IDN.toASCII(text.substring(at + 1));
    InternetAddress address = new InternetAddress(ascii, true);
    // A comma, a comment or a name in it would make it mean somebody else.
    if (!address.getAddress().equals(ascii) || address.getPersonal() != null) {
      throw new AddressException("it means another one");
    }
    return address;
  }

  private MimeMessage message(Effect.Email email, InternetAddress to, UUID key)
      throws MessagingException {
    String id = "<" + key + settings.from().substring(settings.from().lastIndexOf('@')) + ">";
    MimeMessage message =
        new MimeMessage(session) {
          @Override
          protected void updateMessageID() throws MessagingException {
            setHeader("Message-ID", id);
          }
        };
    message.setFrom(new InternetAddress(settings.from(), true));
    message.setRecipient(Message.RecipientType.TO, to);
    message.setSubject(email.subject(), UTF_8.name());
    message.setText(email.text(), UTF_8.name());
    message.setSentDate(new Date());
    // So that no one's absence note answers it (RFC 3834).
    message.setHeader("Auto-Submitted", "auto-generated");
    message.saveChanges();
    return message;
  }

  private Result result(MessagingException e) {
    // What was said of the recipient hangs behind what came of the whole.
    for (Exception each = e; each != null; each = next(each)) {
      Optional<Integer> code = ofEmail(each);
      if (code.isPresent() && code.get() != SHUTTING_DOWN && code.get() > 0) {
        return code.get() >= FOR_GOOD ? new Refused(said(each)) : new Postponed(said(each));
      }
    }
    return unreachable(said(deepest(e)));
  }

  private Result unreachable(String reason) {
    return new Unreachable(
        "the mail server %s:%d: %s".formatted(settings.host(), settings.port(), reason));
  }

  /** What the server said of the recipient or the contents; not of the sender, who are we. */
  private static Optional<Integer> ofEmail(Exception said) {
    if (said instanceof SMTPAddressFailedException recipient) {
      return Optional.of(recipient.getReturnCode());
    }
    if (said instanceof SMTPSendFailedException contents
        && (contents.getCommand().startsWith("DATA") || contents.getCommand().equals("."))) {
      return Optional.of(contents.getReturnCode());
    }
    return Optional.empty();
  }

  private static @Nullable Exception next(Exception e) {
    return e instanceof MessagingException messaging ? messaging.getNextException() : null;
  }

  private static Exception deepest(MessagingException e) {
    Exception next = e.getNextException();
    return next instanceof MessagingException deeper ? deepest(deeper) : next == null ? e : next;
  }

  private static String said(Exception e) {
    return String.valueOf(e.getMessage()).strip();
  }
}
