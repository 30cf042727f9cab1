package dev.pleat.deploy.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pleat.schemas.Outcome;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Every command has exactly one outcome that is not {@code replayed}, every other answer says the
 * same, and there is no outcome without a command.
 */
final class OneOutcomePerCommand implements Guarantee {

  @Override
  public void check(Run run) {
    run.commands()
        .forEach(
            (key, commands) -> {
              List<Outcome> outcomes = run.outcomes().getOrDefault(key, List.of());
              Map<UUID, Integer> first = new TreeMap<>();
              Map<UUID, Set<Outcome.Verdict>> verdicts = new TreeMap<>();
              for (Outcome outcome : outcomes) {
                first.merge(outcome.parentId(), outcome.replayed() ? 0 : 1, Integer::sum);
                verdicts
                    .computeIfAbsent(outcome.parentId(), id -> new HashSet<>())
                    .add(outcome.verdict());
              }
              Set<UUID> sent = new HashSet<>();
              commands.forEach(command -> sent.add(command.id()));
              assertEquals(sent, first.keySet(), "commands and outcomes of " + key);
              first.forEach(
                  (id, count) -> assertEquals(1, count, "first outcomes of command " + id));
              verdicts.forEach(
                  (id, all) -> assertEquals(1, all.size(), "verdicts of command " + id + all));
              assertEquals(commands.size(), outcomes.size(), "deliveries and answers for " + key);
            });
    assertEquals(run.commands().keySet(), run.outcomes().keySet(), "keys with outcomes");
    assertEquals(0, run.deadLetters(), "dead letters");
  }
}
