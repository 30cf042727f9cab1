package dev.pleat.deploy;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Shows how far long work has come: one line that changes on a terminal, a line for every tenth
 * elsewhere. Used by one thread.
 */
final class ProgressBar {

  private static final int WIDTH = 30;
  private static final int TENTH = 10;

  /** The rate is taken over this time: an estimate from the beginning would lag behind. */
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private record Seen(long at, long done) {}

  private final PrintStream out;
  private final boolean terminal;
  private final Deque<Seen> seen = new ArrayDeque<>();
  private long shown = -TENTH;

  ProgressBar(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** What is done of all there is, now. */
  void show(long done, long all) {
    show(done, all, System.nanoTime());
  }

  void show(long done, long all, long now) {
    seen.addLast(new Seen(now, done));
    while (seen.size() > 2 && now - seen.getFirst().at() > WINDOW.toNanos()) {
      seen.removeFirst();
    }
    long percent = all == 0 ? 100 : 100 * done / all;
    if (!terminal && percent / TENTH * TENTH <= shown) {
      return;
    }
    shown = percent / TENTH * TENTH;
    String line = line(percent, done, all);
    if (terminal) {
      out.print("\r" + line + "\u001b[K");
      out.flush();
    } else {
      out.println(line);
    }
  }

  private String line(long percent, long done, long all) {
    int filled = Math.toIntExact(Math.clamp(percent * WIDTH / 100, 0, WIDTH));
    return String.format(
        Locale.ROOT,
        "[%s%s] %3d %%  %,d of %,d%s",
        "#".repeat(filled),
        "-".repeat(WIDTH - filled),
        percent,
        done,
        all,
        estimate(all - done));
  }

  private String estimate(long left) {
    Seen first = seen.getFirst();
    Seen last = seen.getLast();
    double seconds = (last.at() - first.at()) / 1e9;
    double rate = seconds == 0 ? 0 : (last.done() - first.done()) / seconds;
    if (rate <= 0 || left <= 0) {
      return "";
    }
    return String.format(Locale.ROOT, ", %,.0f/s, about %s left", rate, time((long) (left / rate)));
  }

  private static String time(long seconds) {
    return seconds < 60 ? seconds + " s" : (seconds + 59) / 60 + " min";
  }

  /** Nothing more is shown here. */
  void end() {
    if (terminal) {
      out.println();
    }
  }
}
