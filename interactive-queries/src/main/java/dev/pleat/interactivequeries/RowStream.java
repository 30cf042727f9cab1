package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.LiveTopics.Changes;
import dev.pleat.interactivequeries.LiveTopics.Listening;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One row of a view as it changes.
 *
 * <p>The topic of its changes only says when to look; what is sent is what the store shows, so it
 * is never older than what was sent before, and what was missed while the client was slow or gone
 * is not sent at all. Now and then it is looked at without a reason, because another generation of
 * the view may have taken over.
 */
final class RowStream extends LiveStream {

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What names "there is no such row" in an id. */
  private static final byte[] NO_ROW = {};

  private static final int DIGEST_BYTES = 16;

  private final LiveRoutes routes;
  private final DomainSchema<?, ?> schema;
  private final View view;
  private final String key;
  private Changes changes;
  private Listening listening;
  private Optional<Answer<Row>> first;
  private Optional<byte[]> sent = Optional.empty();
  private boolean isForeign;
  private long lastVersion;

  /**
   * A stream that has sent nothing yet.
   *
   * @param writes what the first row must have seen
   * @param lastEventId where the client was, if it comes back
   * @throws Refusal if the row cannot be read or followed now
   */
  RowStream(
      LiveRoutes routes,
      DomainSchema<?, ?> schema,
      View view,
      String key,
      ViewRoutes.Writes writes,
      Optional<String> lastEventId) {
    super(routes);
    this.routes = routes;
    this.schema = schema;
    this.view = view;
    this.key = key;
    this.changes = routes.changes(schema, view);
    this.listening = routes.listen(changes, key);
    try {
      this.first = Optional.of(read(writes.after(), writes.patience()));
    } catch (RuntimeException e) {
      listening.close();
      throw e;
    }
    sent = lastEventId.flatMap(ids()::place);
    isForeign = lastEventId.isPresent() && sent.isEmpty();
    if (view.derived().isEmpty()) {
      lastVersion =
          sent.filter(place -> place.length == Long.BYTES).map(RowStream::number).orElse(0L);
    }
  }

  private static long number(byte[] place) {
    return ByteBuffer.wrap(place).getLong();
  }

  private Scoped ids() {
    return routes.ids(changes, key);
  }

  @Override
  void follow() throws IOException, InterruptedException {
    if (isForeign) {
      resync("the row was another one, or the view was made anew since");
    }
    show(first.orElseThrow());
    first = Optional.empty();
    Pauses pauses = new Pauses();
    while (!hasEnded()) {
      if (listening.heard(pauses.next())) {
        pauses = new Pauses();
      }
      if (!hasEnded()) {
        followTheGenerationThatServes();
        show(read(List.of(), PATIENCE));
        beat();
      }
    }
  }

  private void followTheGenerationThatServes() throws IOException {
    Changes now = routes.changes(schema, view);
    if (!now.equals(changes)) {
      listening.close();
      listening = routes.listen(now, key);
      changes = now;
      sent = Optional.empty();
      lastVersion = 0;
      resync("the view was made anew");
    }
  }

  private Answer<Row> read(List<ReadAfter> after, Duration patience) {
    Answer<Row> row = routes.views().row(schema, view, key, after, patience);
    LiveRoutes.refuseUnlessKnown(row);
    return row;
  }

  /** Sends it unless it was sent last, or is older. */
  private void show(Answer<Row> answer) throws IOException {
    Optional<Row> row =
        answer instanceof Found<Row> found ? Optional.of(found.value()) : Optional.empty();
    long version = row.map(it -> it.version().orElse(0)).orElse(lastVersion);
    byte[] place = row.map(RowStream::place).orElse(NO_ROW);
    boolean isKnown = sent.filter(last -> Arrays.equals(last, place)).isPresent();
    if (isKnown || version < lastVersion) {
      return;
    }
    if (row.isPresent()) {
      send("row", Optional.of(ids().text(place)), row.get().json());
    } else {
      send("no-row", Optional.of(ids().text(place)), LiveRoutes.noRow(schema, view, key));
    }
    sent = Optional.of(place);
    lastVersion = version;
  }

  /** Rows of an aggregate are told apart by its version, others by what is in them. */
  private static byte[] place(Row row) {
    if (row.version().isPresent()) {
      return ByteBuffer.allocate(Long.BYTES).putLong(row.version().getAsLong()).array();
    }
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(row.json()), DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  void wake() {
    listening.wake();
  }

  @Override
  void release() {
    listening.close();
  }
}
