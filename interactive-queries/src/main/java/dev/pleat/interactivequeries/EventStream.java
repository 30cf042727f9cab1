package dev.pleat.interactivequeries;

import java.io.IOException;
import java.io.OutputStream;

/**
 * An answer that is sent bit by bit, as Server-Sent Events. Whoever got it closes it, written or
 * not.
 */
non-sealed interface EventStream extends Response, AutoCloseable {

  String CONTENT_TYPE = "text/event-stream";

  /**
   * Sends all there is to say; ends when there is no more.
   *
   * @throws IOException if the client is gone
   */
  void writeTo(OutputStream out) throws IOException;

  @Override
  void close();
}
