package dev.pleat.deploy;

import dev.pleat.topology.Domain;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Domains that are served in this JVM, with the embedded broker, to all tests of a class. */
final class ServedDomains implements BeforeAllCallback, AfterAllCallback {

  private final Supplier<Path> directory;
  private final Domain<?, ?, ?>[] domains;
  private Optional<Instance> instance = Optional.empty();
  private Optional<ApiClient> api = Optional.empty();

  /**
   * Not served yet.
   *
   * @param directory where the data is, known when the first test is about to run
   */
  ServedDomains(Supplier<Path> directory, Domain<?, ?, ?>... domains) {
    this.directory = directory;
    this.domains = domains.clone();
  }

  Instance instance() {
    return instance.orElseThrow();
  }

  ApiClient api() {
    return api.orElseThrow();
  }

  /** Stops what serves, and serves the same data again. */
  void restart() {
    stop();
    start();
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    stop();
  }

  private void start() {
    Instance started = Servers.embedded(directory.get(), domains);
    instance = Optional.of(started);
    api = Optional.of(new ApiClient(started.url()));
  }

  private void stop() {
    api.ifPresent(ApiClient::close);
    instance.ifPresent(Instance::close);
  }
}
