package dev.pleat.interactivequeries;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections before anybody accepts them. */
class ListenerTest {

  /** More than Java lets wait by itself, fewer than an operating system may allow. */
  private static final int CLIENTS = 120;

  private static final int PATIENCE_MS = 3_000;

  @Test
  void many_may_connect_before_the_first_is_accepted() throws Exception {
    List<Socket> clients = new ArrayList<>();
    try (Listener listener = Listener.open("127.0.0.1", 0)) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port());
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(new Socket());
        clients.getLast().connect(address, PATIENCE_MS);
        assertTrue(clients.getLast().isConnected());
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
    }
  }
}
