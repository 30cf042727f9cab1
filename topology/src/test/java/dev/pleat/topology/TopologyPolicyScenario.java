package dev.pleat.topology;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.StoppedView;
import dev.pleat.schemas.SubmittedCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A scenario that runs the policy's topology. Commands to several domains come domain by domain.
 */
final class TopologyPolicyScenario extends PolicyScenario {

  private Optional<PolicyDriver> driver = Optional.empty();

  TopologyPolicyScenario(Domain<?, ?, ?> domain, String policy) {
    super(domain, policy);
  }

  @Override
  void begin() {
    close();
    try {
      Path directory = Files.createTempDirectory("policy");
      directory.toFile().deleteOnExit();
      driver = Optional.of(new PolicyDriver(domain(), policy().name(), directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  List<Object> happens(Happened happened) {
    driver.orElseThrow().happens(happened.source(), happened.aggregateId(), happened.event());
    Optional<StoppedView> stopped = driver.orElseThrow().stopped(happened.source());
    if (stopped.isPresent()) {
      throw new AssertionError("the policy stopped: " + stopped.get());
    }
    return sent();
  }

  private List<Object> sent() {
    List<Object> sent = new ArrayList<>();
    for (DomainSchema<?, ?> target : domain().schema().targets(policy())) {
      for (SubmittedCommand command : driver.orElseThrow().sent(target)) {
        sent.add(
            JsonCodec.toRecord(
                command.data(), target.action(command.action()).orElseThrow().type()));
      }
    }
    return sent;
  }

  @Override
  List<Object> pass(Duration time) {
    driver.orElseThrow().pass(time);
    return sent();
  }

  @Override
  public void close() {
    driver.ifPresent(PolicyDriver::close);
    driver = Optional.empty();
  }
}
