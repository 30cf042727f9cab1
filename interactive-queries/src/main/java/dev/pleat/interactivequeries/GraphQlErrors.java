package dev.pleat.interactivequeries;

import graphql.ErrorClassification;
import graphql.GraphQLError;
import graphql.GraphqlErrorBuilder;
import graphql.execution.DataFetcherExceptionHandler;
import graphql.execution.DataFetcherExceptionHandlerParameters;
import graphql.execution.DataFetcherExceptionHandlerResult;
import graphql.language.SourceLocation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The errors of an answer: the same words as in a {@link Problem}, in {@code extensions}. Safe for
 * use by many threads.
 */
final class GraphQlErrors implements DataFetcherExceptionHandler {

  private static final Logger LOG = LoggerFactory.getLogger(GraphQlErrors.class);

  /** The code of a document that cannot be parsed, validated or executed as it is. */
  static final String INVALID_QUERY = "invalid-query";

  /** The code of an answer that was given up. */
  static final String TOO_LARGE = "answer-too-large";

  private static final int MAX_ERRORS = 20;
  private static final int MAX_MESSAGE_CHARS = 500;

  /** An error that is a problem. */
  record OfProblem(Problem problem) implements ErrorClassification {}

  @Override
  public CompletableFuture<DataFetcherExceptionHandlerResult> handleException(
      DataFetcherExceptionHandlerParameters failed) {
    Throwable thrown = failed.getException();
    while (thrown instanceof CompletionException && thrown.getCause() != null) {
      thrown = thrown.getCause();
    }
    Problem problem;
    if (thrown instanceof Refusal refusal) {
      problem = refusal.problem();
    } else {
      LOG.error("the field {} failed", failed.getPath(), thrown);
      problem = Problem.ofStatus(500);
    }
    GraphQLError error =
        GraphqlErrorBuilder.newError()
            .message("%s", problem.detail())
            .path(failed.getPath())
            .location(failed.getSourceLocation())
            .errorType(new OfProblem(problem))
            .build();
    return CompletableFuture.completedFuture(
        DataFetcherExceptionHandlerResult.newResult(error).build());
  }

  /** Errors as they are answered. */
  static List<Map<String, Object>> specified(List<? extends GraphQLError> errors) {
    return errors.stream().limit(MAX_ERRORS).map(GraphQlErrors::specified).toList();
  }

  private static Map<String, Object> specified(GraphQLError error) {
    Map<String, Object> fields =
        error.getErrorType() instanceof OfProblem of
            ? specified(of.problem())
            : specified(Problem.of(INVALID_QUERY, shortened(error.getMessage())));
    Optional.ofNullable(error.getPath()).ifPresent(path -> fields.put("path", path));
    List<SourceLocation> locations = Optional.ofNullable(error.getLocations()).orElse(List.of());
    if (!locations.isEmpty()) {
      fields.put(
          "locations",
          locations.stream()
              .filter(place -> place.getLine() > 0 && place.getColumn() > 0)
              .map(GraphQlErrors::specified)
              .toList());
    }
    return fields;
  }

  private static Map<String, Object> specified(SourceLocation place) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("line", place.getLine());
    fields.put("column", place.getColumn());
    return fields;
  }

  /** A problem as an error. */
  static Map<String, Object> specified(Problem problem) {
    return specified(problem.detail(), problem.fields());
  }

  /** An error of these words. */
  static Map<String, Object> specified(String message, Map<String, Object> extensions) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("message", message);
    fields.put("extensions", extensions);
    return fields;
  }

  private static String shortened(String message) {
    String printable = message.replaceAll("\\p{Cntrl}", " ");
    return printable.length() > MAX_MESSAGE_CHARS
        ? printable.substring(0, printable.offsetByCodePoints(0, MAX_MESSAGE_CHARS / 2)) + "..."
        : printable;
  }
}
