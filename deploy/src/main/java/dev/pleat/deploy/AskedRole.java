package dev.pleat.deploy;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.KafkaStreams;

/**
 * An application whose stores are asked. After another log took the place of the one before it is
 * made anew, and is not asked until it has read what there was: it would say that things do not
 * exist. Safe for use by many threads.
 */
final class AskedRole implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final StreamsRole role;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean making;
  private volatile int percent;

  private AskedRole(StreamsRole role, boolean making) {
    this.role = role;
    this.making = making;
  }

  /** It has never read another log. */
  static AskedRole atOnce(StreamsRole role) {
    return new AskedRole(role, false);
  }

  /**
   * It may have to read all there is.
   *
   * @param role is tracked
   * @param topics what it reads of the log
   */
  static AskedRole onceMade(StreamsRole role, Set<String> topics) {
    AskedRole asked = new AskedRole(role, true);
    Thread.ofPlatform()
        .name("making-" + role.name())
        .daemon(true)
        .start(() -> asked.follow(topics));
    return asked;
  }

  private void follow(Set<String> topics) {
    Optional<ApplicationPositions> watched = Optional.empty();
    Optional<CatchUp> catchUp = Optional.empty();
    try {
      while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        Optional<ApplicationPositions> positions = role.positions();
        if (!positions.equals(watched)) {
          watched = positions;
          catchUp = positions.map(it -> new CatchUp(it, topics));
        }
        if (catchUp.isPresent()) {
          boolean arrived = catchUp.get().hasArrived();
          percent = catchUp.get().percent();
          if (arrived) {
            making = false;
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The application that can be asked now. */
  Optional<KafkaStreams> running() {
    return making ? Optional.empty() : role.running();
  }

  /** Why it is not asked yet. */
  Optional<String> making() {
    return making
        ? Optional.of("it is being made anew from the log that serves, " + percent + " % done")
        : Optional.empty();
  }

  /** Follows it no more. */
  @Override
  public void close() {
    closing.countDown();
  }
}
