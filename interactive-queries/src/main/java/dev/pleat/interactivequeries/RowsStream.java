package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.LiveTopics.Change;
import dev.pleat.interactivequeries.LiveTopics.Changes;
import dev.pleat.interactivequeries.LiveTopics.Lost;
import dev.pleat.interactivequeries.LiveTopics.Nothing;
import dev.pleat.interactivequeries.LiveTopics.Reading;
import dev.pleat.interactivequeries.LiveTopics.Rows;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The rows of a view as they change: those there are, then what changes, each change once.
 *
 * <p>They come from the topic of changes, which keeps the last row of every key: reading it from
 * the beginning is a snapshot, and from a place in it what has changed since. So it does not matter
 * which instance holds a row, a client that is slow holds up nobody, and nothing is kept for one
 * that is gone.
 */
final class RowsStream extends LiveStream {

  /** Kafka keeps that a row was deleted for a day; a client that was away longer might miss it. */
  private static final Duration LONGEST_ABSENCE = Duration.ofHours(23);

  private final LiveRoutes routes;
  private final DomainSchema<?, ?> schema;
  private final View view;
  private final Selection.ByKey selection;
  private Changes changes;
  private Reading reading;

  /** What the client has, partition by partition. */
  private List<Long> at;

  private Optional<String> why = Optional.empty();
  private boolean isUpToDate;

  /**
   * A stream that has sent nothing yet.
   *
   * @param lastEventId where the client was, if it comes back
   * @throws Refusal if the rows cannot be followed now
   */
  RowsStream(
      LiveRoutes routes,
      DomainSchema<?, ?> schema,
      View view,
      Selection.ByKey selection,
      Optional<String> lastEventId) {
    super(routes);
    this.routes = routes;
    this.schema = schema;
    this.view = view;
    this.selection = selection;
    this.changes = routes.changes(schema, view);
    Optional<Place> place = lastEventId.flatMap(ids()::place).flatMap(Place::of);
    Optional<Reading> goesOn =
        place.filter(this::isRecent).flatMap(from -> routes.read(changes, from.offsets()));
    if (lastEventId.isPresent() && goesOn.isEmpty()) {
      why = Optional.of("what has changed since then cannot be told any more");
    }
    this.reading = goesOn.orElseGet(() -> routes.read(changes));
    this.at = new ArrayList<>(reading.beginning());
  }

  /**
   * A place in the topic.
   *
   * @param time when the client had all up to there, in milliseconds since 1970
   */
  private record Place(long time, List<Long> offsets) {

    static Optional<Place> of(byte[] bytes) {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      try {
        long time = in.getLong();
        List<Long> offsets = new ArrayList<>();
        while (in.hasRemaining()) {
          offsets.add(number(in));
        }
        return Optional.of(new Place(time, offsets));
      } catch (BufferUnderflowException e) {
        return Optional.empty();
      }
    }

    byte[] bytes() {
      ByteBuffer out = ByteBuffer.allocate(Long.BYTES + offsets.size() * (Long.BYTES + 2));
      out.putLong(time);
      for (long offset : offsets) {
        long rest = offset;
        for (; rest > 0x7f; rest >>>= 7) {
          out.put((byte) (rest | 0x80));
        }
        out.put((byte) rest);
      }
      byte[] bytes = new byte[out.position()];
      out.flip().get(bytes);
      return bytes;
    }

    private static long number(ByteBuffer in) {
      long number = 0;
      byte part = in.get();
      int shift = 0;
      for (; part < 0; part = in.get()) {
        number |= (part & 0x7fL) << shift;
        shift += 7;
      }
      return number | ((long) part << shift);
    }
  }

  private boolean isRecent(Place place) {
    Instant now = routes.clock().instant();
    Instant then = Instant.ofEpochMilli(place.time());
    return !then.isBefore(now.minus(LONGEST_ABSENCE)) && !then.isAfter(now.plus(LONGEST_ABSENCE));
  }

  private Scoped ids() {
    return routes.ids(changes, selection.toString());
  }

  @Override
  void follow() throws IOException, InterruptedException {
    if (why.isPresent()) {
      resync(why.get());
    }
    while (!hasEnded()) {
      switch (reading.next(HEARTBEAT)) {
        case Rows rows -> show(rows);
        case Nothing nothing -> beat();
        case Lost lost -> beginAgain();
      }
    }
  }

  private void beginAgain() throws IOException {
    reading.close();
    Changes now = routes.changes(schema, view);
    String reason =
        now.equals(changes)
            ? "the topic of changes does not go on from there"
            : "the view was made anew";
    changes = now;
    reading = routes.read(changes);
    at = new ArrayList<>(reading.beginning());
    isUpToDate = false;
    resync(reason);
  }

  private void show(Rows rows) throws IOException {
    for (Change change : rows.changes()) {
      at.set(change.partition(), change.offset() + 1);
      String key = change.key();
      if (selection.includes(key.getBytes(UTF_8))) {
        if (change.row().isPresent()) {
          send("row", Optional.of(id()), change.row().get());
        } else {
          send("no-row", Optional.of(id()), LiveRoutes.noRow(schema, view, key));
        }
      }
    }
    at = new ArrayList<>(rows.position());
    if (rows.upToDate() && !isUpToDate) {
      isUpToDate = true;
      send("up-to-date", Optional.of(id()), "{}".getBytes(UTF_8));
    }
  }

  private String id() {
    return ids().text(new Place(routes.clock().millis(), at).bytes());
  }

  @Override
  void wake() {
    reading.wake();
  }

  @Override
  void release() {
    reading.close();
  }
}
