package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import java.util.Map;
import java.util.Optional;

/**
 * Which generation of a domain's log serves, as a row of its manifest. Without one it is the first.
 *
 * @param number of the generation
 * @param before of the one whose place it took; 0 for the first
 * @param closed whether nobody can decide on the state of that one any more
 */
record ServingLog(int number, int before, boolean closed) {

  private static final String KEY = "log";

  /** Which one serves by these rows of a manifest. */
  static ServingLog of(Map<String, byte[]> manifest) {
    return Optional.ofNullable(manifest.get(KEY))
        .map(row -> JsonCodec.readValue(row, ServingLog.class))
        .orElse(new ServingLog(DomainSchema.FIRST_LOG, 0, true));
  }

  void write(Manifest manifest) {
    manifest.write(Map.of(KEY, JsonCodec.writeValue(this, ServingLog.class)));
  }
}
