package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A record that closes the state of a log for good, because another generation of the log took its
 * place: written to the changelog topic while nobody decides, it is found by whoever comes late and
 * would decide on that state, or fold it anew.
 */
public record ClosingMark(String topic, int partition, byte[] key, byte[] value) {

  /** The topic of the marks of a domain's log. */
  public static String topic(DomainSchema<?, ?> schema) {
    return CommandTopology.applicationId(schema) + "-" + ProcessedPosition.STORE + "-changelog";
  }

  /** Those of a log that has so many partitions. */
  public static List<ClosingMark> of(DomainSchema<?, ?> schema, int partitions) {
    return IntStream.range(0, partitions)
        .mapToObj(partition -> RefoldMark.closing(topic(schema), partition))
        .toList();
  }
}
