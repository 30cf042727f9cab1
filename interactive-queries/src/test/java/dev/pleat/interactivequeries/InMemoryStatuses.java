package dev.pleat.interactivequeries;

import dev.pleat.schemas.CommandStatus;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.Outcome;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The statuses of commands without a store. */
final class InMemoryStatuses implements CommandStatuses {

  private final Map<UUID, CommandStatus> byId = new ConcurrentHashMap<>();
  private volatile Optional<String> trouble = Optional.empty();

  void pending(UUID commandId, String aggregateId) {
    byId.put(commandId, new CommandStatus(aggregateId, Optional.empty()));
  }

  void decided(UUID commandId, String aggregateId, Outcome outcome) {
    byId.put(commandId, new CommandStatus(aggregateId, Optional.of(outcome)));
  }

  void unavailable(String detail) {
    trouble = Optional.of(detail);
  }

  @Override
  public Answer<CommandStatus> status(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key) {
    return trouble
        .<Answer<CommandStatus>>map(why -> new Answer.Unavailable<>(Answer.NOT_NOW, why))
        .orElseGet(
            () ->
                Optional.ofNullable(byId.get(commandId))
                    .filter(status -> key.map(status.aggregateId()::equals).orElse(true))
                    .<Answer<CommandStatus>>map(Answer.Found::new)
                    .orElseGet(Answer.NotFound::new));
  }
}
