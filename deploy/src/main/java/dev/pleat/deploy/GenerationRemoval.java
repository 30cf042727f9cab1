package dev.pleat.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what the application of a generation left: its group, its own topics, its stores here;
 * each by its exact name, and nothing while anybody is in the group.
 *
 * @param state the directory of the state stores
 */
record GenerationRemoval(Admin admin, Path state) {

  private static final Logger LOG = LoggerFactory.getLogger(GenerationRemoval.class);
  private static final long PATIENCE_S = 15;

  /**
   * Deletes what is left of it, unless a process somewhere still runs it.
   *
   * @param applicationId ends with a dot, so that no other one begins with it
   * @return whether nothing is left in the cluster
   */
  boolean remove(String applicationId) {
    if (!applicationId.endsWith(".")) {
      throw new IllegalArgumentException(applicationId + " could be the beginning of another id");
    }
    deleteStores(applicationId);
    try {
      List<String> topics =
          get(admin.listTopics().names()).stream()
              .filter(name -> name.startsWith(applicationId + "-"))
              .sorted()
              .toList();
      if (topics.isEmpty()) {
        // The group is deleted before them.
        return true;
      }
      if (!hasNoMembers(applicationId) || !deleteGroup(applicationId)) {
        return false;
      }
      LOG.info("deleting the topics {}", topics);
      get(admin.deleteTopics(topics).all());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        // Another process was faster with a part of them; the next time tells.
        return false;
      }
      LOG.warn("{} cannot be deleted now; it is tried again", applicationId, e.getCause());
      return false;
    } catch (TimeoutException e) {
      LOG.warn("{} cannot be deleted now: the cluster does not answer", applicationId);
      return false;
    }
  }

  private boolean hasNoMembers(String group)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      return get(admin.describeConsumerGroups(Set.of(group)).all()).values().stream()
          .allMatch(described -> described.members().isEmpty());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return true;
      }
      throw e;
    }
  }

  /** Whether there is no such group any more. */
  private boolean deleteGroup(String group)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      get(admin.deleteConsumerGroups(Set.of(group)).all());
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return true;
      }
      if (e.getCause() instanceof GroupNotEmptyException) {
        return false;
      }
      throw e;
    }
  }

  private static <T> T get(KafkaFuture<T> answer)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(PATIENCE_S, TimeUnit.SECONDS);
  }

  /** The applications that have stores here. */
  List<String> storesHere() {
    try (Stream<Path> all = Files.list(state)) {
      return all.filter(Files::isDirectory).map(each -> each.getFileName().toString()).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(state + " cannot be read", e);
    }
  }

  private void deleteStores(String applicationId) {
    Path stores = state.resolve(applicationId);
    if (!Files.isDirectory(stores)) {
      return;
    }
    try (Stream<Path> all = Files.walk(stores)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      LOG.warn("{} cannot be deleted", stores, e);
    }
  }
}
