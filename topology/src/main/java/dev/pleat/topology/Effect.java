package dev.pleat.topology;

import java.util.Optional;
import java.util.function.Function;

/**
 * What a domain does to the outside world because of its events: a pure function from an event to a
 * call that the engine makes, and to the commands that record what became of it.
 *
 * <p>The engine makes the call at least once, and never because a log or a view is made anew. All
 * repetitions of a call carry the same key, which derives from the event. One result is recorded.
 *
 * @param <C> the commands of the domain
 * @param <E> its events
 */
@FunctionalInterface
public interface Effect<C, E> {

  /** The longest reason a failure is recorded with, in characters. */
  int MAX_REASON = 400;

  /** A call to the outside world. */
  sealed interface Call {}

  /**
   * An e-mail to one recipient.
   *
   * @param to an address of the form {@code local@host}, and nothing else
   * @param subject one line
   * @param text plain text
   */
  record Email(String to, String subject, String text) implements Call {

    /**
     * Checks that nothing in the header of the message can be anything else than what it is.
     *
     * @throws IllegalArgumentException if there is a line break or another control character in the
     *     address or the subject
     */
    public Email {
      requireOneLine("the address", to);
      requireOneLine("the subject", subject);
    }

    private static void requireOneLine(String what, String text) {
      if (text.chars().anyMatch(each -> Character.isISOControl(each) || isSeparator(each))) {
        throw new IllegalArgumentException(what + " of an e-mail has control characters");
      }
    }

    private static boolean isSeparator(int each) {
      return Character.getType(each) == Character.LINE_SEPARATOR
          || Character.getType(each) == Character.PARAGRAPH_SEPARATOR;
    }
  }

  /**
   * What an event asks for.
   *
   * @param call what is to be done
   * @param done records that it is done; sent to the aggregate it names
   * @param failed records that it failed for good, with the reason in words: one line of at most
   *     {@link #MAX_REASON} characters
   */
  record Ask<C>(Call call, C done, Function<String, C> failed) {}

  /**
   * What an event asks for; nothing for most. Must not throw: the event then goes to the domain's
   * dead letters, and nothing is called.
   */
  Optional<Ask<C>> ask(E event);
}
