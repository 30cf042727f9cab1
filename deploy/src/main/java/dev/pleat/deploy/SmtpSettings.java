package dev.pleat.deploy;

import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The mail server that e-mails are handed to.
 *
 * @param host where it is
 * @param port its port
 * @param from who sends the e-mails; the part behind the {@code @} ends their message ids
 * @param security whether the connection is encrypted
 * @param login who we are to it; empty where it does not ask
 */
record SmtpSettings(String host, int port, String from, Security security, Optional<Login> login) {

  /** Whether the connection to the server is encrypted. */
  enum Security {
    /** It is not. */
    NONE,
    /** It is once the server was told so, or nothing is sent. */
    STARTTLS,
    /** It is from the beginning. */
    TLS
  }

  /** A name and a password, which is never shown. */
  record Login(String user, String password) {
    @Override
    public String toString() {
      return "Login[user=" + user + "]";
    }
  }

  private static final String SERVER = "--smtp";
  private static final String FROM = "--smtp-from";
  private static final String SECURITY = "--smtp-security";
  private static final String USER = "--smtp-user";
  private static final String PASSWORD = "--smtp-password";
  private static final String PASSWORD_FILE = "--smtp-password-file";
  private static final long MAX_PASSWORD_BYTES = 4_096;

  /** Adds the flags. */
  static void addTo(CommandSpec spec) {
    spec.addOption(
            option(SERVER, "HOST:PORT")
                .description("Mail server for e-mails. Without it none are sent.")
                .build())
        .addOption(
            option(FROM, "ADDRESS")
                .description("Who sends the e-mails. Needed with --smtp.")
                .build())
        .addOption(
            Settings.option(SECURITY, "none|starttls|tls", String.class, "starttls")
                .description(
                    "Encryption of the connection to the mail server. With none the password and"
                        + " the e-mails can be read on the way."
                        + Settings.DEFAULT)
                .build())
        .addOption(
            option(USER, "NAME")
                .description(
                    "Who logs in to the mail server; the password is in PLEAT_SMTP_PASSWORD or in"
                        + " the file --smtp-password-file.")
                .build())
        .addOption(
            Settings.option(PASSWORD_FILE, "FILE", Path.class, null)
                .description("File whose first line is the password for the mail server.")
                .build())
        // Known so that it comes from the environment as all do; on a command line it is refused.
        .addOption(option(PASSWORD, "PASSWORD").hidden(true).build());
  }

  private static OptionSpec.Builder option(String name, String label) {
    return Settings.option(name, label, String.class, null);
  }

  /**
   * Those of a command line; empty without a mail server.
   *
   * @throws StartRefused if a value cannot work; the message names the flag
   */
  static Optional<SmtpSettings> of(ParseResult line) {
    CommandSpec spec = line.commandSpec();
    if (line.hasMatchedOption(PASSWORD)) {
      throw new StartRefused(
          PASSWORD
              + ": others on this machine can read a command line; use the environment variable"
              + " PLEAT_SMTP_PASSWORD or "
              + PASSWORD_FILE);
    }
    Optional<String> server = text(spec, SERVER);
    if (server.isEmpty()) {
      return Optional.empty();
    }
    Settings.checkAddress(SERVER, server.get());
    int colon = server.get().lastIndexOf(':');
    return Optional.of(
        new SmtpSettings(
            server.get().substring(0, colon).replaceAll("[\\[\\]]", ""),
            Integer.parseInt(server.get().substring(colon + 1)),
            from(text(spec, FROM)),
            security(text(spec, SECURITY).orElse("starttls")),
            text(spec, USER).map(user -> new Login(user, password(spec)))));
  }

  private static Optional<String> text(CommandSpec spec, String flag) {
    return Settings.<String>value(spec, flag).map(String::strip).filter(text -> !text.isEmpty());
  }

  private static String from(Optional<String> given) {
    String address =
        given.orElseThrow(
            () -> new StartRefused(FROM + " is missing: say who sends the e-mails of --smtp"));
    try {
      InternetAddress parsed = new InternetAddress(address, true);
      if (parsed.getAddress().equals(address) && address.matches("[!-~]+@[!-~]+")) {
        return address;
      }
    } catch (AddressException e) {
      // Said below.
    }
    throw new StartRefused(FROM + " " + address + ": must be an address like pleat@example.org");
  }

  private static Security security(String text) {
    try {
      return Security.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new StartRefused(SECURITY + " " + text + ": must be none, starttls or tls");
    }
  }

  private static String password(CommandSpec spec) {
    Optional<Path> file = Settings.value(spec, PASSWORD_FILE);
    if (file.isEmpty()) {
      return Settings.<String>value(spec, PASSWORD)
          .orElseThrow(
              () ->
                  new StartRefused(
                      USER
                          + " needs a password: in the environment variable PLEAT_SMTP_PASSWORD or"
                          + " in "
                          + PASSWORD_FILE));
    }
    try {
      if (Files.size(file.get()) <= MAX_PASSWORD_BYTES) {
        return Files.readString(file.get()).lines().findFirst().orElse("");
      }
    } catch (IOException e) {
      throw new StartRefused(PASSWORD_FILE + " " + file.get() + " cannot be read");
    }
    throw new StartRefused(
        PASSWORD_FILE + " " + file.get() + " has more than " + MAX_PASSWORD_BYTES + " bytes");
  }
}
