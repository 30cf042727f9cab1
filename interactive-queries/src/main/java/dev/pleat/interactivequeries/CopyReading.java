package dev.pleat.interactivequeries;

import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * A local copy of a view as it is at one moment: what is written meanwhile does not show. Used, and
 * closed soon, by one thread, because the copy cannot be closed before.
 */
public interface CopyReading extends AutoCloseable {

  /** Up to where the copy shows the rows, in this reading. */
  CopyState state();

  /** Key to row. */
  ReadOnlyKeyValueStore<String, byte[]> rows();

  /** The entries of the indexes, whose keys {@link dev.pleat.schemas.IndexKey} makes. */
  ReadOnlyKeyValueStore<Bytes, byte[]> index();

  /**
   * The last version of an aggregate that the rows have seen, counted in events, where its row does
   * not say it; 0 if none.
   */
  long seen(String aggregateId);

  /**
   * Which incarnation of its event log each domain had, which the view is made from, when the copy
   * was begun: name of the domain to the topic's id.
   */
  Map<String, String> logIds();

  @Override
  void close();
}
