package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.RowCodec;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A row of a view, as it is answered. Immutable as long as nobody writes into {@link #json}.
 *
 * @param version the version of the aggregate the row was made from, counted in events; empty for a
 *     row of a derived view, which is no aggregate's
 * @param json the row as UTF-8, with the same version in it
 */
// An array, not a copy of one: rows are handed through, by the thousand.
@SuppressWarnings("ArrayRecordComponent")
public record Row(OptionalLong version, byte[] json) {

  /** A row as it lies in the store of this view. */
  static Row of(View view, byte[] json) {
    return view.derived().isEmpty() ? of(json) : new Row(OptionalLong.empty(), json);
  }

  /**
   * A row as it lies in the store of a view that is keyed by the aggregate's id.
   *
   * @throws dev.pleat.schemas.UnreadableMessage if the bytes are not a JSON object with a version
   */
  public static Row of(byte[] json) {
    return new Row(OptionalLong.of(RowCodec.version(json)), json);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Row row && version.equals(row.version) && Arrays.equals(json, row.json);
  }

  @Override
  public int hashCode() {
    return version.hashCode() * 31 + Arrays.hashCode(json);
  }

  @Override
  public String toString() {
    return new String(json, UTF_8);
  }
}
