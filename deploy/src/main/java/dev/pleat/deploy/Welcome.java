package dev.pleat.deploy;

import dev.pleat.schemas.NameBasedId;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.util.List;
import java.util.UUID;

/** What is printed when everything is up: where things are, and three commands to try. */
public final class Welcome {

  private Welcome() {}

  static String text(String url, String bootstrapServers, Settings settings) {
    String broker = settings.bootstrapServers().isPresent() ? "" : " (embedded broker)";
    return """

        Pleat is ready.

          HTTP   %1$s
          Kafka  %2$s%3$s
          Data   %4$s

        %5$s
        Stop it with Ctrl-C."""
        .formatted(
            url, bootstrapServers, broker, settings.dataDir(), tryIt(url, settings.domains()));
  }

  /**
   * What is said of a trial in memory.
   *
   * @param domains the names of those that were asked for; none for all
   * @param absent what they have elsewhere and not here
   */
  public static String ofTrial(String url, List<String> domains, List<String> absent) {
    return """

        Pleat is tried in memory: NOTHING IS KEPT when it stops, and there is no Kafka.

          HTTP   %s
        %s
        %s
        Stop it with Ctrl-C."""
        .formatted(
            url,
            absent.isEmpty() ? "" : "  Only with pleat serve: " + String.join(", ", absent) + "\n",
            tryIt(url, domains));
  }

  private static String tryIt(String url, List<String> domains) {
    return domains.isEmpty() || domains.contains("calculator")
        ? calculator(url)
        : "What there is: curl -s " + url + "/domains, and " + url + "/openapi.json\n";
  }

  private static String calculator(String url) {
    // The key is the command's id, and the value's id derives from it: so it is known beforehand.
    UUID key = UUID.randomUUID();
    UUID value = NameBasedId.ofAggregate(CalculatorSchema.SCHEMA.name(), key);
    return """
        Try it: create a value, multiply it, read it.

          curl -i -d '{"value": 3}' -H 'Content-Type: application/json' -H 'Idempotency-Key: %2$s' %1$s/values
          curl -i -X PUT -d '{"operation": "MULTIPLY", "value": 3}' -H 'Content-Type: application/json' -H 'Prefer: return=representation' %1$s/values/%3$s
          curl -i %1$s/values/%3$s
        """
        .formatted(url, key, value);
  }

  static String text(String url, ReplicaSettings settings) {
    return """

        The replica answers, with the age of each answer; until a copy is complete, with 503.

          HTTP   %1$s
          Kafka  %2$s
          Data   %3$s
          Views  %4$s

        Try it:

          curl -i %1$s/domains/%5$s
          curl -i %1$s/health/ready

        Stop it with Ctrl-C."""
        .formatted(
            url,
            settings.bootstrapServers(),
            settings.dataDir(),
            String.join(", ", settings.views()),
            settings.views().getFirst().replace("/", "/views/"));
  }
}
