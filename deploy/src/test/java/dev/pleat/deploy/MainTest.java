package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command line: what it shows, and how it refuses what cannot work. */
final class MainTest {

  private static final int REFUSED = 78;

  @TempDir Path directory;

  private record Ended(int exit, String out, String err) {}

  private static Ended run(Map<String, String> environment, List<String> arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stdout = System.out;
    // picocli prints help there.
    System.setOut(new PrintStream(out, true, UTF_8));
    try {
      int exit =
          Main.run(
              arguments.toArray(String[]::new),
              environment,
              System.out,
              new PrintStream(err, true, UTF_8));
      return new Ended(exit, out.toString(UTF_8), err.toString(UTF_8));
    } finally {
      System.setOut(stdout);
    }
  }

  private Ended serve(String... flags) {
    List<String> arguments = new ArrayList<>(List.of("serve"));
    arguments.addAll(List.of(flags));
    if (!arguments.contains("--data-dir")) {
      arguments.addAll(List.of("--data-dir", directory.resolve("data").toString()));
    }
    return run(Map.of(), arguments);
  }

  private static void assertRefused(Ended ended, String... words) {
    assertEquals(REFUSED, ended.exit(), ended.err());
    List<String> lines =
        ended.err().lines().filter(line -> !line.startsWith("pleat: Starting")).toList();
    assertEquals(1, lines.size(), ended.err());
    for (String word : words) {
      assertTrue(lines.get(0).contains(word), ended.err());
    }
  }

  @Test
  void help_names_every_flag_with_its_default() {
    Ended ended = run(Map.of(), List.of("serve", "--help"));

    assertEquals(0, ended.exit());
    for (String word :
        List.of(
            "--host",
            "127.0.0.1",
            "--port",
            "8080",
            "--advertised-address",
            "--kafka-port",
            "9092",
            "--data-dir",
            "./pleat-data",
            "--partitions",
            "Default: 4 with the embedded broker, 12 in a cluster",
            "--bootstrap-servers",
            "--insecure",
            "--accept-recreated-topics",
            "--switch-log",
            "--smtp",
            "--smtp-from",
            "starttls",
            "--smtp-password-file",
            "--effects-from-first-event",
            "PLEAT_")) {
      assertTrue(ended.out().contains(word), word + " in " + ended.out());
    }
  }

  @Test
  void pleat_log_alone_says_what_can_be_done() {
    Ended ended = run(Map.of(), List.of("log"));

    assertEquals(2, ended.exit());
    for (String word : List.of("rebuild", "status", "switch", "cancel")) {
      assertTrue(ended.out().contains(word), ended.out());
    }
  }

  @Test
  void says_what_is_wrong_with_a_flag_it_does_not_know() {
    Ended ended = serve("--prot", "8080");

    assertEquals(2, ended.exit());
    assertTrue(ended.err().contains("--prot"), ended.err());
    assertTrue(ended.err().contains("pleat serve --help"), ended.err());
  }

  @Test
  void says_what_is_wrong_with_a_number_that_is_none() {
    Ended ended = serve("--port", "eighty");

    assertEquals(2, ended.exit());
    assertTrue(ended.err().contains("--port"), ended.err());
    assertEquals(1, ended.err().lines().count(), ended.err());
  }

  @Test
  void takes_a_setting_from_the_environment_and_lets_the_flag_win() {
    Map<String, String> environment = Map.of("PLEAT_PORT", "99999");

    Ended fromEnvironment = run(environment, List.of("serve", "--data-dir", directory.toString()));
    Ended fromFlag =
        run(environment, List.of("serve", "--data-dir", directory.toString(), "--port", "88888"));

    assertRefused(fromEnvironment, "--port 99999");
    assertRefused(fromFlag, "--port 88888");
  }

  @Test
  void refuses_an_address_beyond_loopback_unless_told_that_it_is_insecure() {
    assertRefused(serve("--host", "0.0.0.0"), "--host 0.0.0.0", "--insecure");
  }

  @Test
  void refuses_a_count_of_partitions_below_one() {
    assertRefused(serve("--partitions", "0"), "--partitions 0");
  }

  @Test
  void refuses_an_advertised_address_nobody_could_connect_to() {
    for (String address :
        List.of(
            "pleat-1", ":8080", "pleat-1:", "pleat-1:0", "pleat-1:65536", "http://a:1", "::1:1")) {
      assertRefused(serve("--advertised-address", address), "--advertised-address " + address);
    }
  }

  @Test
  void refuses_a_database_of_views_it_cannot_use_and_never_shows_a_password() {
    for (String url :
        List.of(
            "jdbc:mysql://localhost/shop",
            "postgres://pleat:secret@localhost/shop",
            "jdbc:postgresql://pleat:secret@localhost/shop",
            "jdbc:postgresql://localhost/shop?user=pleat&password=secret",
            "jdbc:postgresql://localhost/shop?socketFactory=secret")) {
      Ended ended = serve("--views-in", url);
      assertRefused(ended, "--views-in: ");
      assertFalse(ended.err().contains("secret"), ended.err());
    }
    assertRefused(
        serve(
            "--views-in",
            "jdbc:postgresql://localhost/shop?user=pleat",
            "--views-password-file",
            directory.resolve("none").toString()),
        "--views-password-file",
        "cannot be read");
  }

  @Test
  void refuses_a_switch_that_names_no_generation_of_a_domain() {
    for (String told :
        List.of("calculator", "calculator=", "calculator=0", "=2", "calculator=2,", "a=2,a=3")) {
      assertRefused(serve("--switch-log", told), "--switch-log " + told, "like calculator=2");
    }
  }

  @Test
  void refuses_a_mail_server_that_cannot_be_one() throws Exception {
    String[] from = {"--smtp-from", "pleat@example.org"};
    assertRefused(serve("--smtp", "mail", from[0], from[1]), "--smtp mail", "a host and a port");
    assertRefused(serve("--smtp", "127.0.0.1:25"), "--smtp-from is missing");
    for (String address : List.of("pleat", "a,b@example.org", "a@b@c", "Pleat <a@example.org>")) {
      assertRefused(
          serve("--smtp", "127.0.0.1:25", "--smtp-from", address), "--smtp-from " + address);
    }
    assertRefused(
        serve("--smtp", "127.0.0.1:25", from[0], from[1], "--smtp-security", "ssl"),
        "--smtp-security ssl",
        "none, starttls or tls");
    assertRefused(
        serve("--smtp", "127.0.0.1:25", from[0], from[1], "--smtp-user", "pleat"),
        "--smtp-user needs a password",
        "PLEAT_SMTP_PASSWORD");
    assertRefused(
        serve(
            "--smtp",
            "127.0.0.1:25",
            from[0],
            from[1],
            "--smtp-user",
            "pleat",
            "--smtp-password-file",
            directory.resolve("none").toString()),
        "--smtp-password-file",
        "cannot be read");
  }

  @Test
  void takes_no_password_from_the_command_line_and_shows_none() throws Exception {
    Ended ended = serve("--smtp-password", "s3cret");
    assertRefused(ended, "--smtp-password", "PLEAT_SMTP_PASSWORD", "--smtp-password-file");
    assertFalse(ended.err().contains("s3cret"), ended.err());
    assertFalse(
        run(Map.of("PLEAT_SMTP_PASSWORD", "s3cret"), List.of("serve", "--help"))
            .out()
            .contains("s3cret"));

    String[] arguments = {
      "serve", "--smtp", "[::1]:25", "--smtp-from", "pleat@example.org", "--smtp-user", "pleat"
    };
    SmtpSettings fromEnvironment = smtp(Map.of("PLEAT_SMTP_PASSWORD", "s3cret"), arguments);
    assertEquals("::1", fromEnvironment.host());
    assertEquals(SmtpSettings.Security.STARTTLS, fromEnvironment.security());
    assertEquals("s3cret", fromEnvironment.login().orElseThrow().password());
    assertFalse(fromEnvironment.toString().contains("s3cret"), fromEnvironment.toString());

    Path file = Files.writeString(directory.resolve("password"), "from file\n");
    SmtpSettings fromFile = smtp(Map.of("PLEAT_SMTP_PASSWORD_FILE", file.toString()), arguments);
    assertEquals("from file", fromFile.login().orElseThrow().password());
  }

  private static SmtpSettings smtp(Map<String, String> environment, String... arguments) {
    return Settings.of(
            new CommandLine(Main.spec(environment)).parseArgs(arguments).subcommand(), environment)
        .smtp()
        .orElseThrow();
  }

  private Ended replica(String... flags) {
    List<String> arguments = new ArrayList<>(List.of("replica"));
    arguments.addAll(List.of(flags));
    arguments.addAll(List.of("--data-dir", directory.resolve("data").toString()));
    if (!arguments.contains("--port")) {
      arguments.addAll(List.of("--port", "0"));
    }
    return run(Map.of(), arguments);
  }

  @Test
  void refuses_a_replica_of_nothing_or_of_nowhere() {
    String[] cluster = {"--bootstrap-servers", "127.0.0.1:1"};
    assertRefused(replica("--views", "calculator/values"), "--bootstrap-servers");
    assertRefused(
        replica("--views", "calculator/values", "--bootstrap-servers", "broker"),
        "--bootstrap-servers broker",
        "a host and a port");
    assertRefused(replica(cluster), "--views", "catalogue/product-page", "calculator/values");
    assertRefused(
        replica("--views", "catalogue/products", cluster[0], cluster[1]),
        "there is no catalogue/products",
        "catalogue/product-page");
    assertRefused(
        replica("--views", "calculator/values", cluster[0], cluster[1], "--host", "0.0.0.0"),
        "--host 0.0.0.0",
        "read every row");
    assertRefused(
        replica("--views", "calculator/values", cluster[0], cluster[1], "--port", "99999"),
        "--port");
  }

  @Test
  void does_not_try_on_the_class_path_of_what_serves() {
    assertRefused(run(Map.of(), List.of("try")), "bin/pleat");
    assertTrue(run(Map.of(), List.of("--help")).out().contains("Tries domains in memory"));
  }

  @Test
  void help_of_the_replica_names_every_flag() {
    Ended ended = run(Map.of(), List.of("replica", "--help"));

    assertEquals(0, ended.exit());
    for (String word :
        List.of("--bootstrap-servers", "--views", "8081", "./pleat-replica", "--insecure")) {
      assertTrue(ended.out().contains(word), word + " in " + ended.out());
    }
  }

  @Test
  void refuses_a_data_directory_that_is_a_file() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");

    assertRefused(serve("--data-dir", file.toString()), "--data-dir", "writable directory");
  }

  @Test
  void refuses_a_data_directory_that_is_in_use() {
    Path data = directory.resolve("used");
    try (DataDirectory taken = DataDirectory.open(data)) {
      assertRefused(serve("--data-dir", taken.toString()), "--data-dir", "in use");
    }
  }

  @Test
  void refuses_a_kafka_port_that_is_in_use() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());

      assertRefused(serve("--kafka-port", port), "--kafka-port " + port, "in use");
    }
  }

  @Test
  void refuses_an_http_port_that_is_in_use() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());

      assertRefused(serve("--kafka-port", "0", "--port", port), "--port " + port, "in use");
    }
  }

  @Test
  void refuses_a_cluster_that_does_not_answer() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String servers = "127.0.0.1:" + silent.getLocalPort();

      Ended ended = serve("--bootstrap-servers", servers);

      assertEquals(REFUSED, ended.exit());
      assertTrue(ended.err().contains("--bootstrap-servers " + servers), ended.err());
    }
  }
}
