package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema.View;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a view that this process holds and that are up to date, so that a reader need not
 * look for them: Kafka Streams looks for a store's task, under a lock, for every row read through
 * it. Safe for use by many threads.
 *
 * <p>A partition is here from when its task runs (it is restored then) until it is closed, which is
 * when Kafka Streams answers for it, too.
 */
public final class OpenRows {

  private final Map<Integer, ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>>> stores =
      new ConcurrentHashMap<>();

  /** The rows of a partition; empty if they are not open here. */
  public Optional<ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>>> of(int partition) {
    return Optional.ofNullable(stores.get(partition));
  }

  /** Notes the stores of a view's rows as their tasks come and go. */
  void note(View view, KStream<String, byte[]> changes) {
    ProcessorSupplier<String, byte[], Void, Void> noting = () -> new Noting(view);
    changes.process(noting, Named.as("open"), view.rowsStore());
  }

  /** Used by one stream thread at a time. */
  private final class Noting extends ContextualProcessor<String, byte[], Void, Void> {
    private final View view;
    private @Nullable ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>> store;

    Noting(View view) {
      this.view = view;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      super.init(context);
      ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>> rows =
          context.getStateStore(view.rowsStore());
      store = rows;
      stores.put(context.taskId().partition(), rows);
    }

    @Override
    public void process(Record<String, byte[]> change) {
      // Whoever reads the row sees it.
    }

    @Override
    public void close() {
      if (store != null) {
        // Another task may have opened it since.
        stores.remove(context().taskId().partition(), store);
      }
    }
  }
}
