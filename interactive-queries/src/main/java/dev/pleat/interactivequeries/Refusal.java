package dev.pleat.interactivequeries;

/** Thrown to answer a request with a {@link Problem} from wherever that is found out. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  Refusal(Problem problem) {
    // It says what the client did, not where in this program: no stack trace, and so it is cheap.
    super(problem.code() + ": " + problem.detail(), null, false, false);
    this.problem = problem;
  }

  static Refusal of(String code, String detail) {
    return new Refusal(Problem.of(code, detail));
  }

  /**
   * What was found.
   *
   * @param absent what is said where it is known not to be there
   * @throws Refusal if it was not found
   */
  static <T> T found(Answer<T> answer, String absent) {
    return switch (answer) {
      case Answer.Found<T> found -> found.value();
      case Answer.NotFound<T> notFound -> throw of(Problem.NOT_FOUND, absent);
      case Answer.NotYet<T> notYet -> throw of(Problem.POSITION_NOT_REACHED, notYet.detail());
      case Answer.Unavailable<T> unavailable -> throw of(unavailable.code(), unavailable.detail());
    };
  }

  Problem problem() {
    return problem;
  }
}
