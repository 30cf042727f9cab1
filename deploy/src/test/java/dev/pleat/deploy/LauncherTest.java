package dev.pleat.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs {@code bin/pleat} on made-up installations. Their {@code java} prints its arguments, one a
 * line, and their {@code mvn} makes the files a build makes: both are what the script hands over
 * to.
 */
class LauncherTest {

  /** What the script may use beside {@code java} and {@code mvn}. */
  private static final List<String> TOOLS =
      List.of("sh", "find", "rm", "mkdir", "mv", "readlink", "sed", "touch");

  @TempDir Path directory;
  private Path tools;
  private Path launcher;
  private Map<String, String> environment;

  @BeforeEach
  void install() throws IOException {
    // A path without the machine's own Java and Maven.
    tools = Files.createDirectories(directory.resolve("tools"));
    for (String tool : TOOLS) {
      script(tools.resolve(tool), "exec '" + onThisMachine(tool) + "' \"$@\"");
    }
    Files.createDirectories(directory.resolve("pleat/lib"));
    launcher = installIn(directory.resolve("pleat/bin"));
    environment = new HashMap<>();
    environment.put("PATH", tools.toString());
    environment.put("PLEAT_JAVA_SEARCH", directory.resolve("jdks").toString());
  }

  @Test
  void starts_main_with_the_java_of_JAVA_HOME() throws Exception {
    Path home = jdk("mine", "21.0.4");
    environment.put("JAVA_HOME", home.toString());

    Ended ended = run(launcher);

    assertEquals(0, ended.code(), ended::toString);
    assertEquals(home.toString(), ended.output().getFirst());
    assertEquals("dev.pleat.deploy.Main", ended.output().getLast());
    assertTrue(ended.output().contains("--enable-native-access=ALL-UNNAMED"), ended::toString);
    assertTrue(
        ended.output().contains(directory.toRealPath().resolve("pleat/lib/*").toString()),
        ended::toString);
  }

  @Test
  void passes_arguments_on_unchanged() throws Exception {
    jdk("jdks/one", "25");

    Ended ended = run(launcher, "--data-dir", "a b", "", "*", "$HOME \"x\"");

    int main = ended.output().indexOf("dev.pleat.deploy.Main");
    assertEquals(
        List.of("--data-dir", "a b", "", "*", "$HOME \"x\""),
        ended.output().subList(main + 1, ended.output().size()));
  }

  @Test
  void passes_over_an_older_java_wherever_it_is() throws Exception {
    environment.put("JAVA_HOME", jdk("old", "17.0.9").toString());
    environment.put("PATH", jdk("older", "1.8.0_292").resolve("bin") + ":" + tools);
    jdk("jdks/a-11", "11.0.2");
    Path recent = jdk("jdks/b-21", "21");
    jdk("jdks/c-25", "25.0.1");

    assertEquals(recent.toString(), run(launcher).output().getFirst());
  }

  @Test
  void prefers_JAVA_HOME_to_the_path_and_the_path_to_the_usual_places() throws Exception {
    Path usual = jdk("jdks/usual", "21");
    assertEquals(usual.toString(), run(launcher).output().getFirst());

    Path onPath = jdk("on-path", "22");
    environment.put("PATH", onPath.resolve("bin") + ":" + tools);
    assertEquals(onPath.toString(), run(launcher).output().getFirst());

    Path home = jdk("home", "23");
    environment.put("JAVA_HOME", home.toString());
    assertEquals(home.toString(), run(launcher).output().getFirst());
  }

  @Test
  void asks_a_java_that_has_no_release_file() throws Exception {
    Files.delete(jdk("jdks/a-17", "17.0.9").resolve("release"));
    Path recent = jdk("jdks/b-24", "24-ea");
    Files.delete(recent.resolve("release"));

    assertEquals(recent.toString(), run(launcher).output().getFirst());
  }

  @Test
  void follows_a_java_on_the_path_that_is_a_link() throws Exception {
    Path recent = jdk("elsewhere", "21.0.1");
    Files.createSymbolicLink(directory.resolve("alternative"), recent.resolve("bin/java"));
    Files.createSymbolicLink(tools.resolve("java"), Path.of("../alternative"));

    Ended ended = run(launcher);

    assertEquals(0, ended.code(), ended::toString);
    assertEquals("dev.pleat.deploy.Main", ended.output().getLast());
  }

  @Test
  void says_in_one_line_that_no_java_is_recent_enough() throws Exception {
    Path old = jdk("old", "17.0.9");
    environment.put("JAVA_HOME", old.toString());

    Ended ended = run(launcher);

    assertEquals(78, ended.code());
    assertEquals(List.of(), ended.output());
    assertEquals(
        List.of(
            "pleat: needs Java 21 or later and found none (set JAVA_HOME): "
                + old
                + "/bin/java is 17"),
        ended.errors());
  }

  @Test
  void works_from_another_directory_and_through_links() throws Exception {
    jdk("jdks/one", "21");
    Path elsewhere = Files.createDirectories(directory.resolve("some where/else"));
    Files.createSymbolicLink(elsewhere.resolve("first"), Path.of("../../pleat/bin/pleat"));
    Files.createSymbolicLink(elsewhere.resolve("second"), elsewhere.resolve("first"));
    String libraries = directory.toRealPath().resolve("pleat/lib/*").toString();

    Ended absolute = runIn(elsewhere, elsewhere.resolve("second").toString());
    Ended relative = runIn(elsewhere, "./first");
    environment.put("PATH", tools + ":" + elsewhere);
    Ended onPath = runIn(directory, tools.resolve("sh").toString(), "-c", "second");

    for (Ended ended : List.of(absolute, relative, onPath)) {
      assertTrue(ended.output().contains(libraries), ended::toString);
    }
  }

  @Test
  void takes_other_jvm_options_instead_of_its_own() throws Exception {
    jdk("jdks/one", "21");
    assertTrue(run(launcher).output().contains("-Xmx1g"));

    environment.put("PLEAT_JAVA_OPTS", "-Xmx300m -Dsome=thing");
    List<String> output = run(launcher).output();

    assertTrue(output.containsAll(List.of("-Xmx300m", "-Dsome=thing")), output::toString);
    assertFalse(output.contains("-Xmx1g"), output::toString);
  }

  @Test
  void ends_with_the_exit_code_of_what_it_started() throws Exception {
    Path home = jdk("jdks/one", "21");
    script(home.resolve("bin/java"), "exit 78");

    assertEquals(78, run(launcher).code());
  }

  @Test
  void builds_a_clone_first_and_says_so() throws Exception {
    jdk("jdks/one", "21");
    Path clone = cloned();
    maven();

    Ended ended = run(clone.resolve("deploy/bin/pleat"), "--help");

    assertEquals(0, ended.code(), ended::toString);
    assertEquals("--help", ended.output().getLast());
    Path target = clone.toRealPath().resolve("deploy/target");
    assertTrue(
        ended.output().contains(target.resolve("pleat-deploy.jar") + ":" + target.resolve("lib/*")),
        ended::toString);
    assertTrue(ended.errors().getFirst().contains("building (first start"), ended::toString);
    assertEquals(1, builds(clone));
  }

  @Test
  void builds_a_clone_again_only_when_a_source_is_newer() throws Exception {
    jdk("jdks/one", "21");
    Path clone = cloned();
    Path source = clone.resolve("schemas/src/main/java/Some.java");
    maven();

    run(clone.resolve("deploy/bin/pleat"));
    assertEquals(List.of(), run(clone.resolve("deploy/bin/pleat")).errors());
    assertEquals(1, builds(clone));

    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    Ended changed = run(clone.resolve("deploy/bin/pleat"));
    assertTrue(changed.errors().getFirst().contains("sources have changed"), changed::toString);
    assertEquals(2, builds(clone));
  }

  @Test
  void does_not_start_what_could_not_be_built() throws Exception {
    jdk("jdks/one", "21");
    Path clone = cloned();
    script(tools.resolve("mvn"), "echo a compiler says why", "exit 1");

    Ended ended = run(clone.resolve("deploy/bin/pleat"));

    assertEquals(1, ended.code());
    assertEquals(List.of(), ended.output());
    assertTrue(ended.errors().contains("a compiler says why"), ended::toString);
    assertEquals("pleat: the build failed", ended.errors().getLast());
  }

  @Test
  void says_in_one_line_that_maven_is_missing() throws Exception {
    jdk("jdks/one", "21");

    Ended ended = run(cloned().resolve("deploy/bin/pleat"));

    assertEquals(78, ended.code());
    assertEquals(
        List.of(
            "pleat: must be built first and found no mvn on the PATH:"
                + " install Maven 3.8.6 or later"),
        ended.errors());
  }

  private record Ended(int code, List<String> output, List<String> errors) {}

  private Ended run(Path command, String... arguments) throws Exception {
    List<String> line = new ArrayList<>(List.of(command.toString()));
    line.addAll(List.of(arguments));
    return runIn(directory, line.toArray(String[]::new));
  }

  private Ended runIn(Path workingDirectory, String... command) throws Exception {
    Path output = directory.resolve("output");
    Path errors = directory.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(workingDirectory.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still running: " + List.of(command));
    }
    return new Ended(process.exitValue(), Files.readAllLines(output), Files.readAllLines(errors));
  }

  private static Path installIn(Path bin) throws IOException {
    return Files.copy(Path.of("bin", "pleat"), Files.createDirectories(bin).resolve("pleat"));
  }

  @Test
  void serves_with_an_archive_of_classes_beside_what_it_built() throws Exception {
    jdk("jdks/one", "25");
    maven();
    Path clone = cloned();
    Path pleat = clone.resolve("deploy/bin/pleat");
    String archive =
        "-XX:SharedArchiveFile=" + clone.toRealPath().resolve("deploy/target/pleat-java25.jsa");

    Ended serving = run(pleat, "serve");
    assertTrue(serving.output().contains(archive), serving::toString);
    assertTrue(serving.output().contains("-XX:+AutoCreateSharedArchive"), serving::toString);

    // A short command makes none, and uses what there is.
    Ended asking = run(pleat, "views");
    assertFalse(asking.output().contains(archive), asking::toString);
    Files.createFile(clone.resolve("deploy/target/pleat-java25.jsa"));
    asking = run(pleat, "views");
    assertTrue(asking.output().contains(archive), asking::toString);
    assertFalse(asking.output().contains("-XX:+AutoCreateSharedArchive"), asking::toString);
  }

  @Test
  void tries_with_a_main_class_and_a_class_path_of_its_own() throws Exception {
    jdk("jdks/one", "25");
    Path lib = Files.createDirectories(directory.resolve("pleat/lib"));
    for (String name :
        List.of(
            "pleat-deploy.jar",
            "kafka-clients-4.3.1.jar",
            "kafka-streams-4.3.1.jar",
            "kafka-server-4.3.1.jar",
            "kafka_2.13-4.3.1.jar",
            "scala-library-2.13.18.jar",
            "jackson-databind-2.21.2.jar",
            "jackson-databind-3.2.4.jar",
            "rocksdbjni-10.1.3.jar")) {
      Files.createFile(lib.resolve(name));
    }

    List<String> output = run(launcher, "try", "--port", "0").output();

    String folder = lib.toRealPath() + "/";
    assertTrue(
        output.contains(
            Stream.of(
                    "jackson-databind-3.2.4.jar",
                    "kafka-clients-4.3.1.jar",
                    "kafka-streams-4.3.1.jar",
                    "pleat-deploy.jar")
                .map(name -> folder + name)
                .collect(Collectors.joining(":"))),
        output::toString);
    assertEquals(
        List.of("dev.pleat.deploy.trial.TrialMain", "try", "--port", "0"),
        output.subList(output.size() - 4, output.size()));
    assertTrue(output.contains("-Xmx512m"), output::toString);
  }

  @Test
  void tries_with_an_archive_of_classes_of_its_own() throws Exception {
    jdk("jdks/one", "25");
    maven();
    Path clone = cloned();

    List<String> output = run(clone.resolve("deploy/bin/pleat"), "try").output();

    assertTrue(
        output.contains(
            "-XX:SharedArchiveFile="
                + clone.toRealPath().resolve("deploy/target/pleat-try-java25.jsa")),
        output::toString);
    assertTrue(output.contains("-XX:+AutoCreateSharedArchive"), output::toString);
  }

  @Test
  void takes_away_an_archive_of_classes_that_is_older_than_what_was_built() throws Exception {
    jdk("jdks/one", "25");
    maven();
    Path clone = cloned();
    Path pleat = clone.resolve("deploy/bin/pleat");
    run(pleat, "try");
    Path archive = Files.createFile(clone.resolve("deploy/target/pleat-try-java25.jsa"));

    Files.setLastModifiedTime(archive, FileTime.from(Instant.now().plusSeconds(60)));
    run(pleat, "try");
    assertTrue(Files.exists(archive));

    Files.setLastModifiedTime(archive, FileTime.from(Instant.now().minusSeconds(60)));
    run(pleat, "views");
    assertTrue(Files.exists(archive));
    run(pleat, "try");
    assertFalse(Files.exists(archive));
  }

  /** A clone that was never built. */
  private Path cloned() throws IOException {
    Path clone = directory.resolve("clone");
    installIn(clone.resolve("deploy/bin"));
    Files.writeString(clone.resolve("pom.xml"), "<project/>");
    Files.writeString(clone.resolve("deploy/pom.xml"), "<project/>");
    Path sources = Files.createDirectories(clone.resolve("schemas/src/main/java"));
    Files.writeString(sources.resolve("Some.java"), "");
    return clone;
  }

  private void maven() throws IOException {
    script(
        tools.resolve("mvn"),
        "mkdir -p deploy/target/lib",
        "touch deploy/target/pleat-deploy.jar",
        "echo built >>builds");
  }

  private static int builds(Path clone) throws IOException {
    return Files.readAllLines(clone.resolve("builds")).size();
  }

  /** A JDK whose {@code java} prints its home and then its arguments, one a line. */
  private Path jdk(String name, String version) throws IOException {
    Path home = directory.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(
        home.resolve("bin/java"),
        "if [ \"$1\" = -version ]; then",
        "  echo 'openjdk version \"" + version + "\" 2024-01-16' >&2",
        "  exit 0",
        "fi",
        "echo '" + home + "'",
        "for argument; do echo \"$argument\"; done");
    return home;
  }

  private static void script(Path file, String... lines) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static Path onThisMachine(String tool) {
    return Stream.concat(
            Arrays.stream(System.getenv("PATH").split(File.pathSeparator)),
            Stream.of("/bin", "/usr/bin"))
        .map(folder -> Path.of(folder, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("this machine has no " + tool));
  }
}
