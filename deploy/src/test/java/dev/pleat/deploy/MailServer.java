package dev.pleat.deploy;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.server.SMTPServer;

/**
 * A real SMTP server on loopback that keeps what it is given, and refuses what it was told to. Safe
 * for use by many threads.
 */
final class MailServer implements AutoCloseable {

  /** A message as it was taken, for one recipient. */
  record Delivery(String to, MimeMessage message) {

    String messageId() {
      try {
        return message.getMessageID();
      } catch (MessagingException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** What is answered instead of yes, so often. */
  private record Refusal(int code, AtomicInteger times) {

    void apply() throws RejectException {
      if (times.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new RejectException(code, "as it was told to");
      }
    }
  }

  private final Queue<Delivery> deliveries = new ConcurrentLinkedQueue<>();
  private final Map<String, Refusal> recipients = new ConcurrentHashMap<>();
  private final Map<String, Refusal> contents = new ConcurrentHashMap<>();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile Consumer<Delivery> beforeAnswer = delivery -> {};
  private volatile Optional<SMTPServer> running = Optional.empty();
  private volatile int port;

  private MailServer() {}

  /** On a free port. */
  static MailServer start() {
    MailServer server = new MailServer();
    server.resume();
    return server;
  }

  /** Takes connections, on the port it had before if there was one. */
  void resume() {
    SMTPServer server =
        SMTPServer.port(port)
            .bindAddress(InetAddress.getLoopbackAddress())
            .messageHandlerFactory(context -> new Handler())
            .build();
    server.start();
    port = server.getPortAllocated();
    running = Optional.of(server);
  }

  /** Takes no connections. */
  void stop() {
    running.ifPresent(SMTPServer::stop);
    running = Optional.empty();
  }

  int port() {
    return port;
  }

  SmtpSettings settings() {
    return new SmtpSettings(
        "127.0.0.1", port, "pleat@example.org", SmtpSettings.Security.NONE, Optional.empty());
  }

  void refuseRecipient(String address, int code, int times) {
    recipients.put(address, new Refusal(code, new AtomicInteger(times)));
  }

  void refuseContents(String address, int code, int times) {
    contents.put(address, new Refusal(code, new AtomicInteger(times)));
  }

  /** Is told of each message once it is here whole, before that is answered. */
  void beforeAnswer(Consumer<Delivery> told) {
    beforeAnswer = told;
  }

  List<Delivery> deliveries() {
    return List.copyOf(deliveries);
  }

  List<Delivery> to(String address) {
    return deliveries.stream().filter(delivery -> delivery.to().equals(address)).toList();
  }

  /** How many messages were begun. */
  int asked() {
    return asked.get();
  }

  @Override
  public void close() {
    stop();
  }

  private final class Handler implements MessageHandler {
    private String to = "";

    @Override
    public void from(String from) {
      asked.incrementAndGet();
    }

    @Override
    public void recipient(String recipient) throws RejectException {
      to = recipient;
      if (recipients.containsKey(recipient)) {
        recipients.get(recipient).apply();
      }
    }

    @Override
    public String data(InputStream data) throws RejectException, IOException {
      byte[] bytes = data.readAllBytes();
      if (contents.containsKey(to)) {
        contents.get(to).apply();
      }
      try {
        Delivery delivery =
            new Delivery(
                to,
                new MimeMessage(
                    Session.getInstance(new Properties()), new ByteArrayInputStream(bytes)));
        deliveries.add(delivery);
        beforeAnswer.accept(delivery);
      } catch (MessagingException e) {
        throw new IOException(e);
      }
      return "taken";
    }

    @Override
    public void done() {}
  }
}
