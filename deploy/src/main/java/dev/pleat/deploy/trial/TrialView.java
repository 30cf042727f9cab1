package dev.pleat.deploy.trial;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.IndexKey;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.StoppedView;
import dev.pleat.topology.CannotFold;
import dev.pleat.topology.Domain;
import dev.pleat.topology.GuardedFold;
import dev.pleat.topology.GuardedFold.Kept;
import dev.pleat.topology.ViewIndex;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.utils.Bytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A view that is not derived, folded on the heap: it follows the events of its domain, and stops
 * with a mark at one it cannot fold, as it would on Kafka. Its stores are read by many threads; all
 * else is used by one at a time.
 */
final class TrialView {

  private static final Logger LOG = LoggerFactory.getLogger(TrialView.class);

  private static final int ONLY = 0;

  private final DomainSchema<?, ?> schema;
  private final View view;
  private final GuardedFold fold;
  private final ViewIndex index;
  private final Room room;
  private final Signals signals;
  private final RowChanges changes = new RowChanges();
  private final MapStore<String, byte[]> rows = MapStore.byText();
  private final MapStore<Bytes, byte[]> entries = MapStore.byBytes();
  private final MapStore<String, Long> seen = MapStore.byText();
  private final MapStore<Integer, byte[]> stopped = MapStore.byNumber();
  private int position;

  TrialView(Domain<?, ?, ?> domain, View view, Room room, Signals signals) {
    this.schema = domain.schema();
    this.view = view;
    this.fold = GuardedFold.of(domain, view);
    this.index = ViewIndex.of(domain, view);
    this.room = room;
    this.signals = signals;
  }

  View view() {
    return view;
  }

  RowChanges changes() {
    return changes;
  }

  /** Its stores, by the names they have in its application on Kafka Streams. */
  Map<String, MapStore<?, ?>> stores() {
    return Map.of(
        view.rowsStore(),
        rows,
        view.indexStore(),
        entries,
        view.guard(schema).seenStore(),
        seen,
        view.guard(schema).stoppedStore(),
        stopped);
  }

  /** How many commands it has folded. */
  int position() {
    return position;
  }

  Optional<StoppedView> mark() {
    return stopped.find(ONLY).map(json -> JsonCodec.readValue(json, StoppedView.class));
  }

  /** Folds what it has not folded, unless it has stopped. */
  void follow(List<TrialDomain.Written> log) {
    while (position < log.size() && mark().isEmpty()) {
      TrialDomain.Written next = log.get(position);
      try {
        Kept before = kept(next.aggregateId());
        Kept after = before;
        for (byte[] event : next.events()) {
          after = fold.fold(next.aggregateId(), event, after);
        }
        write(next, before.row(), after.row());
        position++;
      } catch (CannotFold e) {
        stop(e);
      }
    }
  }

  /** Between commands nothing is held back. */
  private Kept kept(String aggregateId) {
    return new Kept(seen.find(aggregateId).orElse(0L), rows.find(aggregateId), Optional.empty());
  }

  /**
   * Rows first, then what says that they were seen: who reads the other way round is not misled.
   */
  private void write(TrialDomain.Written written, Optional<byte[]> before, Optional<byte[]> after) {
    String key = written.aggregateId();
    rows.put(key, after);
    if (!index.isEmpty()) {
      Optional<byte[]> listed = entries.find(Bytes.wrap(IndexKey.entriesOf(key)));
      index.changes(key, after, listed).forEach(entries::put);
    }
    see(written);
    changes.append(key, after);
    // Once for the row, once for the change.
    room.addBytes(2L * (length(after) - length(before)));
    signals.tell(TrialTopics.topic(schema, view), key);
  }

  private static int length(Optional<byte[]> row) {
    return row.map(json -> json.length).orElse(0);
  }

  private void see(TrialDomain.Written written) {
    seen.put(written.aggregateId(), Optional.of(written.version()));
  }

  private void stop(CannotFold e) {
    LOG.error(
        "The view {} of {} stopped: {}: {}", view.name(), schema.name(), e.reason(), e.detail(), e);
    StoppedView mark = new StoppedView(ONLY, position, e.reason(), e.detail());
    stopped.put(ONLY, Optional.of(JsonCodec.writeValue(mark, StoppedView.class)));
  }

  /**
   * Goes on where it has stopped.
   *
   * @param skip whether the command at which it stopped is left out
   * @return the mark; empty if it has not stopped
   */
  Optional<StoppedView> resume(List<TrialDomain.Written> log, boolean skip) {
    Optional<StoppedView> mark = mark();
    if (mark.isPresent()) {
      if (skip) {
        see(log.get(position));
        position++;
      }
      stopped.put(ONLY, Optional.empty());
      follow(log);
    }
    return mark;
  }
}
