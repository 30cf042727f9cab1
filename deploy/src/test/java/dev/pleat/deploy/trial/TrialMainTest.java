package dev.pleat.deploy.trial;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The command line of a trial: how it refuses what cannot work. */
final class TrialMainTest {

  private static final int USAGE = 2;
  private static final int REFUSED = 78;

  private static void assertSays(int exit, String said, String... arguments) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream to = new PrintStream(err, true, UTF_8);
    assertEquals(exit, TrialMain.run(arguments, Map.of(), to, to));
    assertTrue(err.toString(UTF_8).contains(said), err.toString(UTF_8));
    assertEquals(1, err.toString(UTF_8).lines().count(), err.toString(UTF_8));
  }

  @Test
  void says_in_one_line_what_is_wrong() throws Exception {
    assertSays(REFUSED, "--domains: there is no nonsense", "try", "--domains", "nonsense");
    // Led by a policy, which does not run here.
    assertSays(REFUSED, "--domains: there is no market", "try", "--domains", "market");
    assertSays(REFUSED, "--insecure", "try", "--host", "0.0.0.0");
    assertSays(REFUSED, "--port 70000", "try", "--port", "70000");
    assertSays(USAGE, "--data-dir", "try", "--data-dir", "x");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      assertSays(REFUSED, "already in use", "try", "--port", port);
    }
  }
}
