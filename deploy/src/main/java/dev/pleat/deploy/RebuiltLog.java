package dev.pleat.deploy;

import dev.pleat.schemas.JsonCodec;
import java.util.Map;
import java.util.Optional;

/**
 * A row of a domain's manifest which says that all commands were decided again into another
 * generation of the log, and how that was left.
 *
 * @param topicIds the ids of its topics and of those of its application, by name
 * @param different whether it was compared with the live log to the end, and is another one
 */
record RebuiltLog(Map<String, String> topicIds, boolean different) {

  /** Keeps its own copy of the ids. */
  RebuiltLog {
    topicIds = Map.copyOf(topicIds);
  }

  private static String key(LogGeneration generation) {
    return "rebuilt.g" + generation.number();
  }

  /** What these rows say of a generation. */
  static Optional<RebuiltLog> of(Map<String, byte[]> manifest, LogGeneration generation) {
    return Optional.ofNullable(manifest.get(key(generation)))
        .map(row -> JsonCodec.readValue(row, RebuiltLog.class));
  }

  void write(Manifest manifest, LogGeneration generation) {
    manifest.write(Map.of(key(generation), JsonCodec.writeValue(this, RebuiltLog.class)));
  }
}
