package dev.pleat.deploy;

import static dev.pleat.deploy.FigureSheet.number;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What a record of a state store takes to be replaced, in JMH ({@link StoreBenchmark}). Not part of
 * {@code verify}: the profile {@code measure} runs it.
 */
final class StoreMeasurement {

  @Test
  void a_record_is_replaced_faster_by_the_hash_of_its_key() throws RunnerException {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(StoreBenchmark.class.getName())
                    .jvmArgsAppend("--enable-native-access=ALL-UNNAMED")
                    .shouldFailOnError(true)
                    .build())
            .run();
    FigureSheet sheet = new FigureSheet("A record of a store replaced (JMH)");
    List<List<String>> rows = new ArrayList<>();
    for (RunResult result : results) {
      Result<?> took = result.getPrimaryResult();
      rows.add(
          List.of(
              result.getParams().getParam("found"),
              result.getParams().getParam("valueBytes"),
              number(took.getScore()) + " ± " + number(took.getScoreError())));
    }
    sheet.table(List.of("kept in memory by", "bytes of a record", "ns a record"), rows);
    for (String bytes : List.of("120", "400")) {
      sheet.atMost(
          1,
          "hash / order, " + bytes + " bytes",
          score(results, "hash", bytes) / score(results, "order", bytes));
    }
    sheet.check();
  }

  private static double score(Collection<RunResult> results, String found, String bytes) {
    return results.stream()
        .filter(it -> it.getParams().getParam("found").equals(found))
        .filter(it -> it.getParams().getParam("valueBytes").equals(bytes))
        .findFirst()
        .orElseThrow()
        .getPrimaryResult()
        .getScore();
  }
}
