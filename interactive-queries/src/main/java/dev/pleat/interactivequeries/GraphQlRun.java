package dev.pleat.interactivequeries;

import graphql.ExecutionInput;
import graphql.schema.DataFetchingEnvironment;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One GraphQL operation while it is executed: what came along with it, and what it may cost. */
final class GraphQlRun {

  /** So long after the beginning, no further field of the root is begun. */
  static final Duration MAX_TIME = Duration.ofSeconds(30);

  /** So many characters of names and values an answer may have, about. */
  static final int MAX_CHARS = 8 * 1024 * 1024;

  /** So many rows all lists of an operation may ask for together. */
  static final int MAX_ROWS = 1_000;

  private static final int CHARS_A_FIELD = 8;

  /**
   * What came along in headers.
   *
   * @param beside what is said beside the data of a command; its id is one that was made up if the
   *     client named none
   * @param isIdGiven whether the client named the command's id
   */
  record Headers(CommandIntake.Asked beside, boolean isIdGiven) {}

  private final Headers headers;
  private final int rootFields;
  private final long begin = System.nanoTime();
  private Optional<ExecutionInput> input = Optional.empty();
  private Optional<LiveStream> stream = Optional.empty();
  private Optional<Map<String, Object>> change = Optional.empty();
  private Optional<Problem> excess = Optional.empty();
  private int rows;
  private long chars;

  GraphQlRun(Headers headers, int rootFields) {
    this.headers = headers;
    this.rootFields = rootFields;
  }

  /** The operation that a field belongs to. */
  static GraphQlRun of(DataFetchingEnvironment field) {
    return Optional.<GraphQlRun>ofNullable(field.getGraphQlContext().get(GraphQlRun.class))
        .orElseThrow();
  }

  Headers headers() {
    return headers;
  }

  int rootFields() {
    return rootFields;
  }

  /** What ends when too much is asked. */
  void executes(ExecutionInput execution) {
    input = Optional.of(execution);
    chars = 0;
  }

  /** Why it was ended before its time. */
  Optional<Problem> excess() {
    return excess;
  }

  /** Refuses a field of the root if others have taken all the time there is. */
  void requireTime() {
    if (System.nanoTime() - begin > MAX_TIME.toNanos()) {
      throw Refusal.of(
          Answer.NOT_NOW,
          "the fields before this one took "
              + MAX_TIME.toSeconds()
              + " seconds: nothing was done for it; ask for fewer at once");
    }
  }

  /** Refuses a list of so many rows if those before it have taken all there may be. */
  void requireRows(int more) {
    rows += more;
    if (rows > MAX_ROWS) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER,
          "all lists of one operation together may have a limit of " + MAX_ROWS + " rows");
    }
  }

  /** The value; the operation ends if it makes the answer too large. */
  @Nullable Object counted(DataFetchingEnvironment field, @Nullable Object value) {
    chars += CHARS_A_FIELD + field.getField().getResultKey().length();
    if (value instanceof String text) {
      chars += text.length();
    } else if (value instanceof Map<?, ?> || value instanceof Collection<?>) {
      chars += value.toString().length();
    }
    if (chars > MAX_CHARS && excess.isEmpty()) {
      excess =
          Optional.of(
              Problem.of(
                  GraphQlErrors.TOO_LARGE,
                  "the answer would have more than " + MAX_CHARS + " characters: ask for less"));
      input.ifPresent(ExecutionInput::cancel);
    }
    return value;
  }

  // ---- what is followed

  /** What is to be followed from now on. */
  void follow(LiveStream followed) {
    stream = Optional.of(followed);
  }

  Optional<LiveStream> stream() {
    return stream;
  }

  /** What the next execution is about. */
  void changed(Map<String, Object> now) {
    change = Optional.of(now);
  }

  Optional<Map<String, Object>> change() {
    return change;
  }
}
