package dev.pleat.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.GroupListing;

/** Who operates a running Pleat by its command line, and looks what there is in the cluster. */
record Operator(String url, String bootstrapServers) {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  static Operator of(Instance instance) {
    return new Operator(instance.url(), instance.bootstrapServers());
  }

  /** What the command line says, and its exit code before it. */
  String pleat(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--server", url));
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int exit;
    try (PrintStream out = new PrintStream(said, true, UTF_8)) {
      exit = Main.run(all.toArray(String[]::new), Map.of(), out, out);
    }
    return exit + " " + said.toString(UTF_8);
  }

  /** Every topic and group in the cluster whose name begins so. */
  Set<String> left(String prefix) {
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
      Set<String> names =
          admin.listGroups().all().get().stream()
              .map(GroupListing::groupId)
              .collect(Collectors.toSet());
      names.addAll(admin.listTopics().names().get());
      names.removeIf(name -> !name.startsWith(prefix));
      return names;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, what);
      LockSupport.parkNanos(20_000_000);
    }
  }
}
