package dev.pleat.interactivequeries;

import java.time.Duration;

/** How long to wait before looking again: short at first, then ever longer. Used by one thread. */
final class Pauses {

  private Duration next = Duration.ofMillis(5);

  Duration next() {
    Duration pause = next;
    next = min(pause.multipliedBy(2), LiveStream.HEARTBEAT);
    return pause;
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
