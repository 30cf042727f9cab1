package dev.pleat.deploy;

import static dev.pleat.deploy.ApiClient.header;
import static dev.pleat.deploy.ApiClient.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code deploy/bin/pleat try}, as people start it: on a class path of its own. */
final class TryIT {

  private static final Pattern ABSENT =
      Pattern.compile("kafka_.*|kafka-(?!clients|streams).*|scala.*|rocksdb.*|log4j.*|metrics.*");

  @Test
  void answers_without_broker_and_rocksdb_on_its_class_path() throws Exception {
    try (PleatProcess pleat = PleatProcess.trial("try");
        ApiClient api = new ApiClient(pleat.http().toString())) {
      String said = String.join("\n", pleat.awaitReady());
      assertTrue(said.contains("NOTHING IS KEPT"), said);
      assertTrue(said.contains("the view customers/by-id"), said);
      assertTrue(said.contains("the policy customers/changing-address"), said);
      assertTrue(said.contains("the effect customers/invitation"), said);

      List<String> archives = archives(pleat);
      assertTrue(
          archives.stream().anyMatch(name -> name.startsWith("javalin")), archives::toString);
      archives.forEach(name -> assertFalse(ABSENT.matcher(name).matches(), name));

      HttpResponse<String> created = api.post("/values", "{\"value\":3}");
      assertEquals(201, created.statusCode(), created.body());
      assertEquals("in-memory", header(created, "Pleat-Runtime"));
      String path = header(created, "Location");
      assertEquals(3.0, json(api.get(path)).path("value").asDouble());
      String invite = "mutation { InviteCustomer(email:\\\"customer@example.com\\\"){ invited } }";
      assertEquals(
          "{\"data\":{\"InviteCustomer\":{\"invited\":true}}}",
          api.post("/graphql", "{\"query\":\"" + invite + "\"}").body());
      assertEquals(200, api.get(path + "?as-of-version=1").statusCode());
      assertEquals(0, pleat.stop());
    }
  }

  /** The names of what is on its class path. */
  private static List<String> archives(PleatProcess pleat) throws Exception {
    List<String> line =
        List.of(
            Files.readString(Path.of("/proc/" + pleat.pid() + "/cmdline"), UTF_8).split("\0", -1));
    return Arrays.stream(line.get(line.indexOf("-cp") + 1).split(":", -1))
        .map(each -> each.substring(each.lastIndexOf('/') + 1))
        .toList();
  }
}
