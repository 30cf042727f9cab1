package dev.pleat.deploy;

import dev.pleat.interactivequeries.Listener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Locale;

/**
 * A TCP port this process is about to listen on, tried beforehand so that a refusal is one line.
 */
public final class Port {

  private Port() {}

  /**
   * Takes the address of {@code --host} and {@code --port}.
   *
   * @param port 0 for a free one
   * @throws StartRefused if it cannot be had
   */
  public static Listener listen(String host, int port) {
    if (port != 0) {
      refuseUnlessFree("--port", host, port);
    }
    return Listener.open(host, port);
  }

  /**
   * Makes sure a port can be listened on.
   *
   * @param flag the setting that names the port
   * @throws StartRefused if it cannot; the message names the flag
   */
  static void refuseUnlessFree(String flag, String host, int port) {
    try {
      bindOnce(host, port);
    } catch (IOException e) {
      // Java has no exception of its own for a taken port.
      String reason = String.valueOf(e.getMessage());
      throw new StartRefused(
          reason.toLowerCase(Locale.ROOT).contains("in use")
              ? "%s %d: already in use on %s; stop the other process or choose another port"
                  .formatted(flag, port, host)
              : "%s %d: cannot listen on %s (%s); choose another port"
                  .formatted(flag, port, host, reason));
    }
  }

  static boolean isFree(String host, int port) {
    try {
      bindOnce(host, port);
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  private static void bindOnce(String host, int port) throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      // Connections of a process that has just ended may linger on its port; they are no obstacle.
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
    }
  }
}
