package dev.pleat.deploy;

import dev.pleat.interactivequeries.CopyReading;
import dev.pleat.interactivequeries.Health;
import dev.pleat.interactivequeries.ReplicaApi.Copied;
import dev.pleat.schemas.UnreadableMessage;
import dev.pleat.topology.ViewIndex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InterruptException;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A view as a replica has it: the copy that answers, beside it perhaps a fresh one that takes its
 * place once it is level with the log, and the thread that keeps them so. It goes on answering
 * whatever becomes of the cluster. Safe for use by many threads.
 *
 * <p>Each copy is a directory with a number. Which of them answers is not written anywhere: the
 * newest that was complete once does, and what else there is after a crash is deleted.
 */
final class ReplicatedView implements CopySession.Progress, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ReplicatedView.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final Copied copied;
  private final ViewIndex index;
  private final Path directory;
  private final Surroundings surroundings;
  private final Thread follower;

  private volatile Optional<ViewCopy> serving = Optional.empty();
  private volatile Optional<ViewCopy> building = Optional.empty();
  private volatile Optional<String> trouble = Optional.of("the cluster has not answered yet");
  private volatile int percent;
  private volatile boolean closing;

  /** Of the follower's thread alone. */
  private Duration pause = FIRST_PAUSE;

  /**
   * What all views of a replica share.
   *
   * @param copies the directory of all copies
   */
  record Surroundings(
      String bootstrapServers, Path copies, StoreMemory memory, InstantSource clock) {}

  /**
   * Opens what was copied before, and begins to follow the cluster.
   *
   * @throws StartRefused if the directory cannot be used
   */
  ReplicatedView(Copied copied, ViewIndex index, Surroundings surroundings) {
    this.copied = copied;
    this.index = index;
    this.surroundings = surroundings;
    this.directory =
        surroundings.copies().resolve(copied.schema().name() + "." + copied.view().name());
    try {
      Files.createDirectories(directory);
      for (Path each : numbered().reversed()) {
        if (serving.isPresent() || !opens(each)) {
          delete(each);
        }
      }
    } catch (IOException | RocksDBException e) {
      serving.ifPresent(ViewCopy::close);
      throw new StartRefused(
          "--data-dir: the copy in "
              + directory
              + " cannot be used ("
              + String.valueOf(e.getMessage()).replaceAll("\\s+", " ")
              + "); mend that, or delete the directory and let it be copied again");
    }
    this.follower =
        Thread.ofPlatform().name("replica-" + copied.name()).daemon(true).start(this::follow);
  }

  // ---- directories

  private List<Path> numbered() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(each -> each.getFileName().toString().matches("[0-9]{1,9}"))
          .sorted(Comparator.comparingInt(ReplicatedView::number))
          .toList();
    }
  }

  private static int number(Path copy) {
    return Integer.parseInt(copy.getFileName().toString());
  }

  /** Opens a copy to serve; false if it is not whole. */
  private boolean opens(Path path) throws RocksDBException {
    ViewCopy copy;
    try {
      copy = new ViewCopy(path, index, surroundings.memory());
    } catch (UnreadableMessage e) {
      LOG.warn("{} was made by another release: deleted, and copied again", path);
      return false;
    } catch (RocksDBException e) {
      if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption) {
        LOG.warn("{} is damaged: deleted, and copied again", path, e);
        return false;
      }
      throw e;
    }
    if (!copy.isComplete()) {
      copy.close();
      return false;
    }
    serving = Optional.of(copy);
    return true;
  }

  private static void delete(Path copy) {
    try (Stream<Path> all = Files.walk(copy)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(copy + " cannot be deleted", e);
    }
  }

  private static void drop(ViewCopy copy) {
    copy.close();
    delete(copy.directory());
  }

  // ---- following

  private void follow() {
    while (!closing) {
      try (CopySession session =
          new CopySession(
              surroundings.bootstrapServers(),
              copied.schema(),
              copied.view(),
              surroundings.clock(),
              this)) {
        session.run();
      } catch (InterruptedException | InterruptException e) {
        LOG.debug("{} is being closed", copied.name(), e);
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
        // The functions of a view may fail in any way; the thread must not.
        isHeldUp(root(e));
        LOG.debug("{} is not followed now", copied.name(), e);
        rest();
      }
    }
  }

  private static String root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String said = e.getMessage() == null ? e.toString() : e.getMessage();
    return root == e ? said : said + " (" + root.getMessage() + ")";
  }

  private void rest() {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      // Closed.
      return;
    }
    Duration twice = pause.multipliedBy(2);
    pause = twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }

  @Override
  public ViewCopy copyOf(CopySource source) {
    Instant now = surroundings.clock().instant();
    if (building.isPresent() && obstacle(source, building.get(), now).isPresent()) {
      ViewCopy useless = building.get();
      building = Optional.empty();
      drop(useless);
    }
    if (building.isPresent()) {
      return building.get();
    }
    if (serving.isPresent()) {
      Optional<String> obstacle = obstacle(source, serving.get(), now);
      if (obstacle.isEmpty()) {
        return serving.get();
      }
      LOG.info("{} is copied afresh: {}", copied.name(), obstacle.get());
    }
    ViewCopy fresh = fresh();
    fresh.write(source.beginning(now));
    percent = 0;
    building = Optional.of(fresh);
    return fresh;
  }

  private static Optional<String> obstacle(CopySource source, ViewCopy copy, Instant now) {
    return source.obstacle(copy.checkpoint().orElseThrow(), now);
  }

  private ViewCopy fresh() {
    try {
      int last = numbered().stream().mapToInt(ReplicatedView::number).max().orElse(0);
      return new ViewCopy(
          directory.resolve(Integer.toString(last + 1)), index, surroundings.memory());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RocksDBException e) {
      throw CopiedStore.failed(e);
    }
  }

  @Override
  public void isDone(int share) {
    percent = share;
  }

  @Override
  public void isLevel(ViewCopy copy) {
    pause = FIRST_PAUSE;
    if (building.equals(Optional.of(copy))) {
      Optional<ViewCopy> old = serving;
      serving = building;
      building = Optional.empty();
      LOG.info("{}: the copy is complete", copied.name());
      old.ifPresent(ReplicatedView::drop);
    }
    if (trouble.isPresent()) {
      trouble = Optional.empty();
      LOG.info("{} is level with the cluster", copied.name());
    }
  }

  @Override
  public void isHeldUp(String why) {
    if (!trouble.equals(Optional.of(why))) {
      trouble = Optional.of(why);
      LOG.warn("{} is not followed now: {}", copied.name(), why);
    }
  }

  // ---- asked

  Copied copied() {
    return copied;
  }

  /** Reads the copy that answers; empty if none was ever complete. */
  Optional<CopyReading> open() {
    Optional<CopyReading> reading = Optional.empty();
    Optional<ViewCopy> asked = serving;
    while (reading.isEmpty() && asked.isPresent() && !closing) {
      // Empty if another one has taken its place since.
      reading = asked.get().read();
      asked = serving;
    }
    return reading;
  }

  /** Why there is no copy that answers. */
  String missing() {
    return "the copy of "
        + copied.name()
        + " was never level with the cluster; "
        + percent
        + " % is done"
        + trouble.map(why -> "; it does not go on just now: " + why).orElse("");
  }

  /** Whether it answers, and what it is busy with. */
  Health.Role role() {
    boolean answers = serving.isPresent();
    Optional<String> reason = answers ? trouble : Optional.of(missing());
    if (answers && building.isPresent() && trouble.isEmpty()) {
      reason = Optional.of("a fresh copy is being made, " + percent + " % done");
    }
    return new Health.Role("copy " + copied.name(), answers, reason);
  }

  /** Waits until nobody reads it any more. */
  @Override
  public void close() {
    closing = true;
    follower.interrupt();
    try {
      follower.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    building.ifPresent(ViewCopy::close);
    serving.ifPresent(ViewCopy::close);
  }
}
