package dev.pleat.interactivequeries;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;

/**
 * The address HTTP will be served on. It is taken before anything is served, because other
 * instances must be told the port before the applications start, and those start before the API.
 * Who connects in between waits.
 */
public final class Listener implements AutoCloseable {

  /**
   * So many connections may wait until they are accepted, if the operating system lets them: Linux
   * has 4096 at most by default. Java's own 50 are full when a fleet of clients connects again, and
   * who is one too many sends its request into the void for a minute.
   */
  private static final int WAITING_CONNECTIONS = 4096;

  private final ServerSocketChannel channel;

  private Listener(ServerSocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes an address.
   *
   * @param host the address to listen on, and no other
   * @param port 0 for a free one
   * @throws UncheckedIOException if the address cannot be used; its cause is a {@link
   *     java.net.BindException} if it is in use or not one of this machine
   */
  public static Listener open(String host, int port) {
    try {
      ServerSocketChannel channel = ServerSocketChannel.open();
      try {
        channel.bind(new InetSocketAddress(InetAddress.getByName(host), port), WAITING_CONNECTIONS);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
      return new Listener(channel);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port, also when a free one was asked for. */
  public int port() {
    return channel.socket().getLocalPort();
  }

  ServerSocketChannel channel() {
    return channel;
  }

  /** Gives the address back; no harm if the server that used it has done so. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
