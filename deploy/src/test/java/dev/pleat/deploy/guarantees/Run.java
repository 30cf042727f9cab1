package dev.pleat.deploy.guarantees;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.RecordedEvent;
import dev.pleat.schemas.SubmittedCommand;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a run of the calculator left behind: what clients were told, and what lies on the log.
 *
 * @param sent what clients were told
 * @param commands by key, in the order of the log
 * @param events by key, in the order of the log
 * @param outcomes by key, in the order of the log
 * @param deadLetters how many records could not be read as a command
 * @param http where the instance answers that is asked now
 */
public record Run(
    List<Sent> sent,
    Map<String, List<SubmittedCommand>> commands,
    Map<String, List<RecordedEvent>> events,
    Map<String, List<Outcome>> outcomes,
    int deadLetters,
    URI http) {

  /** Reads the log of a run that is over. */
  public static Run of(List<Sent> sent, String servers, URI http) {
    return new Run(
        List.copyOf(sent),
        byKey(servers, CalculatorSchema.SCHEMA.commandsTopic(), JsonCodec::readCommand),
        byKey(servers, CalculatorSchema.SCHEMA.eventsTopic(), JsonCodec::readEvent),
        byKey(servers, CalculatorSchema.SCHEMA.outcomesTopic(), JsonCodec::readOutcome),
        Log.committed(servers, CalculatorSchema.SCHEMA.deadLettersTopic()).size(),
        http);
  }

  private static <T> Map<String, List<T>> byKey(
      String servers, String topic, Function<byte[], T> read) {
    Map<String, List<T>> byKey = new LinkedHashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : Log.committed(servers, topic)) {
      byKey
          .computeIfAbsent(new String(record.key(), UTF_8), key -> new ArrayList<>())
          .add(read.apply(record.value()));
    }
    return byKey;
  }
}
