package dev.pleat.schemas.customers;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An e-mail address in the form that tells customers apart.
 *
 * @param text without the space around it, in Unicode's form NFC, in lower case
 */
public record EmailAddress(String text) {

  /** Stands for no address at all: a record key cannot be empty. */
  public static final String NONE = "-";

  private static final int MAX_CODE_POINTS = 254;
  private static final int MAX_LOCAL_PART = 64;
  private static final Pattern LOCAL_PART =
      Pattern.compile("[^\\s@\\p{Cntrl}.]+(\\.[^\\s@\\p{Cntrl}.]+)*");
  private static final Pattern HOST =
      Pattern.compile(
          "[\\p{L}\\p{N}]([\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?(\\.[\\p{L}\\p{N}]([\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?)+");

  /** The address that somebody wrote. */
  public static EmailAddress of(String written) {
    // Once more at the end: some letters are one character in lower case only.
    String text = composed(composed(written.strip()).toLowerCase(Locale.ROOT));
    return new EmailAddress(text.isEmpty() ? NONE : text);
  }

  private static String composed(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC);
  }

  /** Whether something was written. */
  public boolean isPresent() {
    return !text.equals(NONE);
  }

  /**
   * Whether it has the form of an address: one {@code @}, a local part of at most 64 characters,
   * and a host of several labels. Whether it can be reached only a message shows.
   */
  public boolean isValid() {
    int at = text.indexOf('@');
    return text.codePointCount(0, text.length()) <= MAX_CODE_POINTS
        && at > 0
        && at <= MAX_LOCAL_PART
        && LOCAL_PART.matcher(text.substring(0, at)).matches()
        && HOST.matcher(text.substring(at + 1)).matches();
  }
}
