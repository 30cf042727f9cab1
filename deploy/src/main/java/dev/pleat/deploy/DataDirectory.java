package dev.pleat.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * The directory one process keeps its data in, locked for as long as it is open.
 *
 * <p>It holds the instance's identity: a restart comes back into its consumer groups as the same
 * member, so that nothing is moved. Two processes with one identity would push each other out.
 */
final class DataDirectory implements AutoCloseable {

  private static final String STATE = "state";
  private static final String NATIVE = "native";

  private final Path root;
  private final FileChannel lock;
  private final String instanceId;

  private DataDirectory(Path root, FileChannel lock, String instanceId) {
    this.root = root;
    this.lock = lock;
    this.instanceId = instanceId;
  }

  /**
   * Opens the directory, which is made when it is new.
   *
   * @throws StartRefused if it is in use by another process or cannot be written
   */
  static DataDirectory open(Path root) {
    try {
      Files.createDirectories(root);
      FileChannel lock =
          FileChannel.open(
              root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!isTaken(lock)) {
        lock.close();
        throw new StartRefused(
            "--data-dir "
                + root
                + ": in use by another process; stop that process or choose another directory");
      }
      // Several applications make it at once otherwise, and the slower one fails.
      Files.createDirectories(root.resolve(STATE));
      Files.createDirectories(root.resolve(NATIVE));
      return new DataDirectory(root, lock, instanceId(root.resolve("instance-id")));
    } catch (IOException e) {
      String reason =
          e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
      throw new StartRefused(
          "--data-dir "
              + root
              + ": cannot be used as a writable directory ("
              + reason.replaceAll("\\s+", " ")
              + "); choose another directory");
    }
  }

  private static boolean isTaken(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return false;
    }
  }

  private static String instanceId(Path file) throws IOException {
    if (!Files.exists(file)) {
      // Written beside and moved: a crash leaves no half an identity.
      Path fresh = file.resolveSibling("instance-id.new");
      Files.writeString(fresh, UUID.randomUUID() + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return Files.readString(file).strip();
  }

  /** The identity of this instance, kept over restarts. */
  String instanceId() {
    return instanceId;
  }

  /** Where the embedded broker keeps its records. */
  Path broker() {
    return root.resolve("kafka");
  }

  /** Where Kafka Streams keeps its state stores. */
  Path state() {
    return root.resolve(STATE);
  }

  /** Where a replica keeps its copies of views. */
  Path copies() {
    return root.resolve("copies");
  }

  /** Where RocksDB unpacks its library. */
  Path nativeLibraries() {
    return root.resolve(NATIVE);
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the lock of " + root + " cannot be released", e);
    }
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
