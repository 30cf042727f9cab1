package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What somebody sees who waits. */
final class ProgressBarTest {

  private static final long SECOND = 1_000_000_000L;

  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(shown, true, UTF_8);

  private List<String> lines() {
    return shown.toString(UTF_8).lines().toList();
  }

  @Test
  void says_how_much_is_done_how_fast_and_how_long_it_takes() {
    ProgressBar bar = new ProgressBar(out, true);
    bar.show(0, 4_000, 0);
    bar.show(1_000, 4_000, 2 * SECOND);

    assertTrue(
        shown
            .toString(UTF_8)
            .contains(
                "\r[#######-----------------------]  25 %  1,000 of 4,000, 500/s, about 6 s left"),
        shown.toString(UTF_8));
  }

  @Test
  void the_estimate_is_of_the_last_seconds() {
    ProgressBar bar = new ProgressBar(out, true);
    bar.show(0, 100_000, 0);
    bar.show(50_000, 100_000, 1 * SECOND);
    bar.show(51_000, 100_000, 12 * SECOND);
    bar.show(52_000, 100_000, 13 * SECOND);

    assertTrue(shown.toString(UTF_8).endsWith("1,000/s, about 48 s left\u001b[K"), "the newest");
  }

  @Test
  void without_a_terminal_a_line_for_every_tenth() {
    ProgressBar bar = new ProgressBar(out, false);
    for (int i = 0; i <= 1_000; i++) {
      bar.show(i, 1_000, i * SECOND / 10);
    }
    bar.end();

    assertEquals(11, lines().size(), lines().toString());
    assertTrue(lines().get(10).startsWith("[##############################] 100 %"));
  }

  @Test
  void nothing_to_do_is_done() {
    new ProgressBar(out, false).show(0, 0, 0);

    assertTrue(lines().get(0).contains("100 %"), lines().toString());
  }
}
