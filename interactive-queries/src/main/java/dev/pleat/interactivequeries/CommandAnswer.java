package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.StandsFor;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.Outcome.Unchanged;
import dev.pleat.schemas.Outcome.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of a command, and, once it is asked for, the row that stands for its aggregate. The
 * row is looked up once, at the version of the outcome; where that is not to be had, only the
 * fields of the row are missing. Used by one thread.
 */
final class CommandAnswer {

  private final CommandIntake intake;
  private final DomainSchema<?, ?> schema;
  private final UUID commandId;
  private final String aggregateId;
  private final Optional<Verdict> verdict;
  private Optional<Answer<Row>> found = Optional.empty();

  /**
   * An answer that has not looked up its row.
   *
   * @param verdict empty while the command is pending
   */
  CommandAnswer(
      CommandIntake intake,
      DomainSchema<?, ?> schema,
      UUID commandId,
      String aggregateId,
      Optional<Verdict> verdict) {
    this.intake = intake;
    this.schema = schema;
    this.commandId = commandId;
    this.aggregateId = aggregateId;
    this.verdict = verdict;
  }

  /** What a row says by being there. */
  static Optional<StandsFor> meaning(Representation shown) {
    return shown.schema().standsFor(shown.view());
  }

  UUID commandId() {
    return commandId;
  }

  String status() {
    return verdict
        .map(
            it ->
                switch (it) {
                  case Accepted accepted -> "ACCEPTED";
                  case Unchanged unchanged -> "UNCHANGED";
                  case Rejected rejected -> "REJECTED";
                })
        .orElse("PENDING");
  }

  Optional<Long> version() {
    return verdict.map(Verdict::version);
  }

  @Nullable List<String> events() {
    return verdict.orElse(null) instanceof Accepted accepted
        ? accepted.events().stream().map(UUID::toString).toList()
        : null;
  }

  Optional<String> token() {
    return version().map(version -> intake.token(schema, aggregateId, version));
  }

  Optional<Rejected> rejected() {
    return verdict.filter(Rejected.class::isInstance).map(Rejected.class::cast);
  }

  /** The id of what the row stands for; of the aggregate, if that is what it stands for. */
  @Nullable Object id() {
    Optional<StandsFor> meaning = intake.representation(schema).flatMap(CommandAnswer::meaning);
    return meaning.isEmpty()
        ? aggregateId
        : row().map(it -> it.get(meaning.get().idField())).orElse(null);
  }

  /** Whether there is a row; null while that is not decided. */
  @Nullable Boolean fact() {
    return verdict.isPresent() ? row().isPresent() : null;
  }

  /**
   * The row at or after the command; empty if there is none, or the command is pending.
   *
   * @throws Refusal if it cannot be had just now
   */
  Optional<Map<?, ?>> row() {
    Optional<Representation> shown = intake.representation(schema);
    if (verdict.isEmpty() || shown.isEmpty()) {
      return Optional.empty();
    }
    if (found.isEmpty()) {
      found = Optional.of(intake.row(shown.get(), schema, aggregateId, verdict.get().version()));
    }
    return GraphQlViews.fields(found.get());
  }
}
