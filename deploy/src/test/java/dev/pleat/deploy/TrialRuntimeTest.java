package dev.pleat.deploy;

import dev.pleat.deploy.trial.Trial;
import dev.pleat.interactivequeries.Listener;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** The suite in memory. */
final class TrialRuntimeTest extends RuntimeContract {

  private record TrialRuntime(Trial trial) implements ServedRuntime {

    @Override
    public String url() {
      return "http://127.0.0.1:" + trial.port();
    }

    @Override
    public Optional<String> name() {
      return Optional.of("in-memory");
    }

    @Override
    public Set<Part> without() {
      return Set.of(Part.DERIVED_VIEWS, Part.LOG_REBUILD);
    }

    @Override
    public void close() {
      trial.close();
    }
  }

  @Override
  ServedRuntime open(Path directory) {
    return new TrialRuntime(
        Trial.start(DOMAINS, Listener.open("127.0.0.1", 0), Trial.Limits.DEFAULT));
  }
}
