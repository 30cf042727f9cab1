package dev.pleat.interactivequeries;

import dev.pleat.interactivequeries.History.Tried;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.Outcome.Accepted;
import dev.pleat.schemas.Outcome.Rejected;
import dev.pleat.schemas.SubmittedCommand;
import io.javalin.http.Context;
import java.util.Map;

/**
 * Answers what a command would do, from the history: nothing is written, and nothing is remembered
 * of it. Safe for use by many threads.
 */
final class DryRuns {

  private static final String DRY_RUN = "dry-run";
  private static final Map<String, Object> SAID = Map.of(DRY_RUN, true);

  private final History history;
  private final ViewRoutes views;

  DryRuns(History history, ViewRoutes views) {
    this.history = history;
    this.views = views;
  }

  /** Whether a request only asks what its command would do. */
  static boolean isAsked(Context request) {
    return switch (RequestHeaders.parameter(request, DRY_RUN).orElse("false")) {
      case "true" -> true;
      case "false" -> false;
      default -> throw Refusal.of(Problem.INVALID_PARAMETER, DRY_RUN + " must be true or false");
    };
  }

  /**
   * What this command would do now.
   *
   * @param command its timestamp is what the rules take for the time
   */
  Reply answer(
      Context request, DomainSchema<?, ?> schema, String aggregateId, SubmittedCommand command) {
    History.Subject subject =
        views.seen(Parameters.of(request), schema, aggregateId).in(schema, aggregateId);
    Tried tried =
        Refusal.found(
            history.dryRun(subject, command, command.timestamp()), "there is no such aggregate");
    if (tried.outcome().verdict() instanceof Rejected rejected) {
      Reply refused = CommandRoutes.rejection(rejected).about(command.id()).reply();
      return new Reply(
          refused.status(),
          refused.contentType(),
          refused.headers(),
          new JsonParts().fields(SAID).fieldsOf(refused.body()).toBytes());
    }
    String status = tried.outcome().verdict() instanceof Accepted ? "accepted" : "unchanged";
    return Reply.json(
        200,
        new JsonParts()
            .fields(SAID)
            .fields(CommandRoutes.fields(command.id(), status, schema, aggregateId))
            .fields(Map.of("version", tried.outcome().verdict().version()))
            .field("events", tried.events())
            .toBytes());
  }
}
