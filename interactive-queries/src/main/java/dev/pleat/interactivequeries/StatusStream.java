package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Outcomes.Following;
import dev.pleat.interactivequeries.Outcomes.Heard;
import dev.pleat.interactivequeries.StatusRoute.Told;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * The status of one command as it changes: what it is, then the outcome, then the end.
 *
 * <p>The outcome comes from the log itself, read along by this instance, so it does not matter who
 * holds the command. Two things the log does not tell: an outcome that came before this stream
 * began while the index of statuses had not noted it yet, and what an outcome means that is not
 * final. For both the status is looked up again, soon at first and then at ever longer intervals.
 */
final class StatusStream implements EventStream {

  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final Duration FIRST_LOOK = Duration.ofMillis(250);
  private static final byte[] STILL_THERE = ": still pending\n\n".getBytes(UTF_8);

  private final StatusRoute route;
  private final UUID commandId;
  private final Optional<String> key;
  private final Following following;
  private final Duration time;
  private Told last;
  private boolean interrupted;

  /**
   * A stream that has said nothing yet.
   *
   * @param first what is known, read after {@code following} began
   * @param time how long it lasts at most
   */
  StatusStream(
      StatusRoute route,
      UUID commandId,
      Optional<String> key,
      Told first,
      Following following,
      Duration time) {
    this.route = route;
    this.commandId = commandId;
    this.key = key;
    this.last = first;
    this.following = following;
    this.time = time;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    send(out);
    if (isPending()) {
      awaitOutcome(out);
      send(out);
    }
  }

  private boolean isPending() {
    return last.status().verdict().isEmpty();
  }

  private void awaitOutcome(OutputStream out) throws IOException {
    long now = System.nanoTime();
    long end = now + time.toNanos();
    long pause = FIRST_LOOK.toNanos();
    long look = now + pause;
    while (isPending() && now < end && !interrupted && !route.isClosed()) {
      long next = Math.min(Math.min(look, end), now + HEARTBEAT.toNanos());
      Optional<Heard> heard = next(Duration.ofNanos(Math.max(1, next - now)));
      now = System.nanoTime();
      if (heard.filter(Heard::isFinal).isPresent()) {
        last = heard.flatMap(route::told).orElse(last);
      } else if (heard.isPresent()) {
        // The index may not have noted it yet.
        lookUp();
        pause = FIRST_LOOK.toNanos();
        look = now + pause;
      } else if (now >= look || now >= end) {
        lookUp();
        pause = 2 * pause;
        look = now + pause;
      }
      if (isPending()) {
        out.write(STILL_THERE);
        out.flush();
      }
    }
  }

  private Optional<Heard> next(Duration patience) {
    try {
      return following.next(patience);
    } catch (InterruptedException e) {
      interrupted = true;
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private void lookUp() {
    try {
      last = route.told(commandId, key);
    } catch (Refusal notNow) {
      // What was told before is still the last that is known.
    }
  }

  private void send(OutputStream out) throws IOException {
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    event.writeBytes("event: status\ndata: ".getBytes(UTF_8));
    event.writeBytes(route.body(commandId, last));
    event.writeBytes("\n\n".getBytes(UTF_8));
    event.writeTo(out);
    out.flush();
  }

  void wake() {
    following.wake();
  }

  @Override
  public void close() {
    following.close();
    route.ended(this);
  }
}
