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

  Problem problem() {
    return problem;
  }
}
