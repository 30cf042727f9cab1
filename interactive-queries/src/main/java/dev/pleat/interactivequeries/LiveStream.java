package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Something that is followed without an end, as Server-Sent Events. A client that does not read for
 * as long as the server lets a connection stand still is dropped; nothing is kept for it meanwhile.
 *
 * <p>Written by one thread; {@link #end} may be called by any.
 */
abstract class LiveStream implements EventStream {

  /** A sign of life follows when so long nothing was sent. */
  static final Duration HEARTBEAT = Duration.ofSeconds(5);

  private static final byte[] STILL_THERE = ": nothing new\n\n".getBytes(UTF_8);

  /** The name of the event that says why there is no more. */
  static final String PROBLEM = "problem";

  /** How what is sent is written. Used by one thread. */
  interface Form {

    /** What is sent before everything else. */
    byte[] beginning();

    /**
     * An event.
     *
     * @param id which the client says when it comes back; empty to leave the last one as it is
     * @param json one line
     */
    byte[] event(String name, Optional<String> id, byte[] json);

    /** What is sent at the end. */
    byte[] end();
  }

  /** Events by their names, with their data as it is. */
  private static final class Plain implements Form {

    @Override
    public byte[] beginning() {
      return "retry: 1000\n\n".getBytes(UTF_8);
    }

    @Override
    public byte[] event(String name, Optional<String> id, byte[] json) {
      ByteArrayOutputStream text = new ByteArrayOutputStream(json.length + 64);
      text.writeBytes(("event: " + name + "\n").getBytes(UTF_8));
      id.ifPresent(place -> text.writeBytes(("id: " + place + "\n").getBytes(UTF_8)));
      text.writeBytes("data: ".getBytes(UTF_8));
      text.writeBytes(json);
      text.writeBytes("\n\n".getBytes(UTF_8));
      return text.toByteArray();
    }

    @Override
    public byte[] end() {
      return new byte[0];
    }
  }

  private final LiveRoutes routes;
  private Form form = new Plain();
  private Optional<OutputStream> out = Optional.empty();
  private long lastSent;
  private volatile boolean ended;

  LiveStream(LiveRoutes routes) {
    this.routes = routes;
  }

  /** The same, written in another form. Before it is written. */
  final LiveStream in(Form other) {
    form = other;
    return this;
  }

  @Override
  public final void writeTo(OutputStream client) throws IOException {
    out = Optional.of(client);
    write(form.beginning());
    try {
      follow();
    } catch (Refusal refusal) {
      // The answer has begun: what would have been its status is an event, and the end.
      send(PROBLEM, Optional.empty(), refusal.problem().body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    write(form.end());
  }

  /** Sends until it {@link #hasEnded}. */
  abstract void follow() throws IOException, InterruptedException;

  /** Ends a wait, now or the next one. */
  abstract void wake();

  /** Gives free what is held. */
  abstract void release();

  final boolean hasEnded() {
    return ended;
  }

  /** Ends it soon, from any thread. */
  final void end() {
    ended = true;
    wake();
  }

  @Override
  public final void close() {
    routes.ended(this);
    release();
  }

  /**
   * Sends an event.
   *
   * @param id which the client says when it comes back; empty to leave the last one as it is
   * @param json one line
   */
  final void send(String event, Optional<String> id, byte[] json) throws IOException {
    write(form.event(event, id, json));
  }

  /** Says that the client cannot go on from where it was: what follows is everything again. */
  final void resync(String why) throws IOException {
    send("resync", Optional.empty(), JsonCodec.object(Map.of("reason", why)).bytes());
  }

  /** Sends a sign of life if one is due. */
  final void beat() throws IOException {
    if (System.nanoTime() - lastSent >= HEARTBEAT.toNanos()) {
      write(STILL_THERE);
    }
  }

  private void write(byte[] bytes) throws IOException {
    OutputStream client = out.orElseThrow();
    client.write(bytes);
    client.flush();
    lastSent = System.nanoTime();
  }
}
