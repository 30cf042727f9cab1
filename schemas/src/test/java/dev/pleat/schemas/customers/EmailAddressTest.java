package dev.pleat.schemas.customers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmailAddressTest {

  @Test
  void is_the_same_however_it_is_written() {
    EmailAddress address = new EmailAddress("gr\u00e4ce@example.com");

    assertEquals(address, EmailAddress.of("  GR\u00c4CE@Example.com\t"));
    assertEquals(address, EmailAddress.of("gra\u0308ce@EXAMPLE.com"));
  }

  @Test
  void its_normal_form_is_its_own() {
    long seed = Long.getLong("pleat.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    // Capitals that are one character with their mark in lower case only, and others.
    int[] letters = {'J', 'H', 'T', 'W', 'Y', 'A', 'b', 0x130, 0x1F50, 0x3A3, ' ', '@', '.'};
    int[] marks = {0x30C, 0x331, 0x308, 0x30A, 0x307, 0x301};
    for (int i = 0; i < 20_000; i++) {
      String written =
          random
              .ints(random.nextInt(6), 0, letters.length + marks.length)
              .map(at -> at < letters.length ? letters[at] : marks[at - letters.length])
              .mapToObj(Character::toString)
              .collect(Collectors.joining());
      EmailAddress once = EmailAddress.of(written);
      assertEquals(once, EmailAddress.of(once.text()), "seed " + seed + ": " + written);
    }
  }

  @Test
  void says_when_there_is_none() {
    assertFalse(EmailAddress.of("").isPresent());
    assertFalse(EmailAddress.of(" \n").isPresent());
    assertFalse(EmailAddress.of("-").isPresent());
    assertTrue(EmailAddress.of("x").isPresent());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a@example.com", "a.b+c@x.example.com", "\u00e4@b\u00fccher.example", "1@1.de"})
  void takes_what_has_the_form_of_an_address(String text) {
    assertTrue(EmailAddress.of(text).isValid());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "@example.com",
        "a@",
        "a@example",
        "a@.com",
        "a@example..com",
        "a@-x.com",
        "a@x-.com",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a b@example.com",
        "a@b@example.com",
        "a@example.com\u0000",
        "-"
      })
  void refuses_what_has_not(String text) {
    assertFalse(EmailAddress.of(text).isValid());
  }

  @Test
  void refuses_one_that_is_longer_than_its_schema_lets_it_be() {
    String host = "@" + "a.".repeat(94) + "com";
    assertTrue(EmailAddress.of("a".repeat(62) + host).isValid());
    assertFalse(EmailAddress.of("\u0130".repeat(32) + "." + host.repeat(2)).isValid());
    assertFalse(EmailAddress.of("\u0130".repeat(31) + "a@" + "a.".repeat(95) + "com").isValid());
  }
}
