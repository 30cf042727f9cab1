package dev.pleat.deploy;

/**
 * A Kafka broker this process started for itself, because it was not given one to join.
 *
 * <p>Nothing here names a class of the broker: joining another cluster loads none of them.
 */
interface Broker extends AutoCloseable {

  /** Where Kafka clients connect: {@code host:port}. */
  String bootstrapServers();

  /** Shuts the broker down and waits until it has. Its records stay on disk. */
  @Override
  void close();
}
