package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

/** How many connections the server takes: more than the heap can bear would end the process. */
class ConnectionLimitTest {

  private static final int LIMIT = 3;

  @Test
  void a_connection_above_the_limit_is_served_when_another_closes() throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            callback.succeeded();
            return true;
          }
        });
    WebServer.limitConnections(server, LIMIT);
    server.start();
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < LIMIT; i++) {
        sockets.add(ask(connector.getLocalPort()));
        sockets.getLast().setSoTimeout(10_000);
        assertEquals('H', sockets.getLast().getInputStream().read());
      }
      Socket oneMore = ask(connector.getLocalPort());
      sockets.add(oneMore);
      oneMore.setSoTimeout(300);
      assertThrows(SocketTimeoutException.class, () -> oneMore.getInputStream().read());

      sockets.getFirst().close();

      oneMore.setSoTimeout(10_000);
      assertEquals('H', oneMore.getInputStream().read());
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
      server.stop();
    }
  }

  @Test
  void a_small_heap_takes_fewer_connections() {
    long mebibyte = 1024 * 1024;
    assertEquals(6_144, WebServer.connections(768 * mebibyte));
    assertEquals(20_000, WebServer.connections(6_144 * mebibyte));
    assertEquals(1, WebServer.connections(1));
  }

  private static Socket ask(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
    return socket;
  }
}
