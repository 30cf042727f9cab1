package dev.pleat.interactivequeries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.interactivequeries.Checked.Kind;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TokenTest {

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  private static final Token TOKEN =
      new Token(
          "calculator",
          "Zk2UmYcRTJ2w8lbNdqSH5A",
          "d35e95f5-2a7a-4c31-8d28-2eb92643a154",
          Long.MAX_VALUE);

  @Test
  void is_read_back_as_it_was_written() {
    for (Token token :
        List.of(
            TOKEN,
            new Token("c", "", "", 0),
            new Token("customers", "x".repeat(255), "jürgen+🦜@example.org/ ?&", 1),
            new Token("c", "l", "€".repeat(85), 7))) {
      assertEquals(Optional.of(token), Token.parse(token.text()));
    }
  }

  @Test
  void is_text_that_needs_no_escaping() {
    assertTrue(TOKEN.text().matches("[A-Za-z0-9_-]+"), TOKEN.text());
  }

  @Test
  void a_token_with_any_one_letter_changed_is_refused() {
    String text = TOKEN.text();
    for (int i = 0; i < text.length(); i++) {
      for (char c : ALPHABET.toCharArray()) {
        String mangled = text.substring(0, i) + c + text.substring(i + 1);
        assertEquals(
            mangled.equals(text) ? Optional.of(TOKEN) : Optional.empty(),
            Token.parse(mangled),
            mangled);
      }
    }
  }

  @Test
  void a_token_cut_or_continued_is_refused() {
    String text = TOKEN.text();
    for (int i = 0; i < text.length(); i++) {
      assertEquals(Optional.empty(), Token.parse(text.substring(0, i)));
      assertEquals(Optional.empty(), Token.parse(text.substring(i + 1)));
    }
    for (String more : List.of("A", "AA", "AAA", "AAAA", "=", " ", "\n")) {
      assertEquals(Optional.empty(), Token.parse(text + more));
    }
  }

  @Test
  void random_bytes_under_a_good_checksum_are_read_or_refused() {
    long seed = 20_261_121;
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] payload = new byte[random.nextInt(40)];
      random.nextBytes(payload);
      Optional<Token> token = Token.parse(Checked.text(Kind.TOKEN, payload));
      if (token.isPresent()) {
        assertEquals(token, Token.parse(token.get().text()));
        read++;
      }
    }
    assertTrue(read < 10_000, "seed " + seed + " read " + read);
  }

  @Test
  void a_cursor_is_not_a_token() {
    byte[] payload = Checked.payload(Kind.TOKEN, TOKEN.text()).orElseThrow();
    assertEquals(Optional.empty(), Token.parse(Checked.text(Kind.CURSOR, payload)));
  }
}
