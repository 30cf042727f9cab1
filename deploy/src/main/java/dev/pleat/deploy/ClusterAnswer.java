package dev.pleat.deploy;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaFuture;

/** Waits for what the cluster answers, 30 s at most. */
final class ClusterAnswer {

  private static final long PATIENCE_S = 30;

  private ClusterAnswer() {}

  /**
   * The answer; a Kafka error comes out as its own exception.
   *
   * @throws IllegalStateException if there is none in time
   */
  static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get(PATIENCE_S, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("no answer from the cluster", e);
    }
  }
}
