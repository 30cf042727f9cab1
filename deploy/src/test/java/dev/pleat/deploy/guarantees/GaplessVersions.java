package dev.pleat.deploy.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.Outcome;
import dev.pleat.schemas.RecordedEvent;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * An aggregate's events have versions 1 to n in the order of the log, none twice, none before its
 * time; and they are exactly those its outcomes name.
 */
final class GaplessVersions implements Guarantee {

  @Override
  public void check(Run run) {
    run.events()
        .forEach(
            (key, events) -> {
              Set<UUID> ids = new HashSet<>();
              Instant last = Instant.MIN;
              for (int index = 0; index < events.size(); index++) {
                RecordedEvent event = events.get(index);
                assertEquals(index + 1, event.version(), "version of " + key + ": " + event);
                assertTrue(ids.add(event.id()), "event twice: " + event);
                assertFalse(event.timestamp().isBefore(last), "before its predecessor: " + event);
                last = event.timestamp();
              }
              Set<UUID> named = new HashSet<>();
              for (Outcome outcome : run.outcomes().getOrDefault(key, List.of())) {
                if (outcome.verdict() instanceof Outcome.Accepted accepted) {
                  named.addAll(accepted.events());
                }
              }
              assertEquals(named, ids, "events of " + key);
            });
  }
}
