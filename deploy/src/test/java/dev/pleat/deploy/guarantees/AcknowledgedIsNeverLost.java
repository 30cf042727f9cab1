package dev.pleat.deploy.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.pleat.schemas.Outcome;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What a client was told of a command is what the log says of it. */
final class AcknowledgedIsNeverLost implements Guarantee {

  @Override
  public void check(Run run) {
    Map<UUID, Outcome> first = new HashMap<>();
    run.outcomes()
        .values()
        .forEach(
            outcomes ->
                outcomes.stream()
                    .filter(outcome -> !outcome.replayed())
                    .forEach(outcome -> first.put(outcome.parentId(), outcome)));
    for (Sent sent : run.sent()) {
      Outcome outcome = first.get(sent.commandId());
      assertNotNull(outcome, "a client was answered, the log has no outcome: " + sent);
      boolean rejected = outcome.verdict() instanceof Outcome.Rejected;
      assertEquals(rejected, sent.status() >= 400, sent + " but " + outcome);
      assertEquals(outcome.verdict().version(), sent.version(), sent + " but " + outcome);
    }
  }
}
