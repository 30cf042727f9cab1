package dev.pleat.deploy;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Effect;
import dev.pleat.topology.Policy;
import dev.pleat.topology.Projection;
import dev.pleat.topology.Reaction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The shape of the code: who may know whom. */
final class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.pleat");

  /** What stands in for Kafka in tests and trials, and nowhere else. */
  private static final String TRIAL = "dev.pleat.deploy.trial";

  private static final String DOMAIN_RULES = "dev.pleat.topology.*..";

  /** A domain of views, and the vocabularies of the domains it shows. */
  private static final String CATALOGUE = "dev.pleat.schemas.catalogue";

  private static final String PRODUCTS = "dev.pleat.schemas.products";
  private static final String PRICES = "dev.pleat.schemas.prices";

  /** A domain of views and a policy, and the vocabularies of those between which it stands. */
  private static final String MARKET = "dev.pleat.schemas.market";

  private static final String[] MARKETED = {
    "dev.pleat.schemas.listings", "dev.pleat.schemas.enrolments", "dev.pleat.schemas.payments"
  };

  private static final DescribedPredicate<JavaClass> RULES =
      resideInAPackage(DOMAIN_RULES)
          .and(
              DescribedPredicate.describe(
                  "not the binding", type -> !type.getSimpleName().endsWith("Domain")));

  private static final DescribedPredicate<JavaClass> THE_FOUR_TYPES =
      DescribedPredicate.describe(
          "the domain author's types",
          type ->
              List.of(
                      Decider.class,
                      Decision.class,
                      Projection.class,
                      Policy.class,
                      Reaction.class,
                      Effect.class)
                  .stream()
                  .anyMatch(
                      known ->
                          type.getName().equals(known.getName())
                              || type.getName().startsWith(known.getName() + "$")));

  @Test
  void domain_rules_know_only_plain_java_the_schemas_and_the_domain_authors_types() {
    classes()
        .that(RULES)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                    "java.lang", "java.util..", "java.math", "java.time", "dev.pleat.schemas..")
                .or(resideInAnyPackage("java.lang.runtime", "java.lang.invoke", "org.jspecify.."))
                .or(resideInAPackage(DOMAIN_RULES))
                .or(THE_FOUR_TYPES)
                .or(
                    DescribedPredicate.describe(
                        "primitives and arrays", type -> type.isPrimitive() || type.isArray())))
        .check(CLASSES);
  }

  @Test
  void domain_rules_fetch_neither_time_nor_chance() {
    noClasses()
        .that(RULES)
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Random.class, Clock.class, Thread.class, System.class)
        .orShould()
        .callMethod(UUID.class, "randomUUID")
        .orShould()
        .callMethod(Math.class, "random")
        .orShould()
        .callMethodWhere(
            DescribedPredicate.describe(
                "the method is now()", call -> call.getTarget().getName().equals("now")))
        .check(CLASSES);
  }

  @Test
  void schemas_know_only_serialization_and_json() {
    classes()
        .that()
        .resideInAPackage("dev.pleat.schemas..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "dev.pleat.schemas..",
            "org.apache.kafka.common.serialization",
            "tools.jackson..",
            "com.fasterxml.jackson.annotation",
            "com.networknt.schema..",
            "org.jspecify..")
        .check(CLASSES);
  }

  @Test
  void only_the_codecs_name_the_json_library() throws Exception {
    try (var sources = Files.walk(Path.of("..", "schemas", "src", "main", "java"))) {
      List<String> naming =
          sources
              .filter(file -> file.toString().endsWith(".java"))
              .filter(ArchitectureTest::namesJackson)
              .map(file -> file.getFileName().toString())
              .sorted()
              .toList();
      assertEquals(
          List.of(
              "Envelope.java",
              "JsonCodec.java",
              "RecordForm.java",
              "RecordsByName.java",
              "SchemaChange.java"),
          naming);
    }
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.pleat.schemas")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("tools.jackson..", "com.fasterxml.jackson..")
        .check(CLASSES);
  }

  private static boolean namesJackson(Path file) {
    try {
      String text = Files.readString(file);
      return text.contains("tools.jackson") || text.contains("com.fasterxml");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void domain_types_of_the_schemas_are_records_enums_and_sealed_interfaces() {
    classes()
        .that()
        .resideInAPackage("dev.pleat.schemas.*")
        .and()
        .haveSimpleNameNotEndingWith("Schema")
        .should(
            com.tngtech.archunit.lang.ArchCondition.from(
                DescribedPredicate.describe(
                    "be a record, an enum or a sealed interface",
                    type ->
                        type.isRecord()
                            || type.isEnum()
                            || type.getSimpleName().equals("package-info")
                            || type.reflect().isSealed())))
        .check(CLASSES);
  }

  @Test
  void the_write_side_and_the_query_side_never_meet() {
    noClasses()
        .that()
        .resideInAPackage("dev.pleat.topology..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.pleat.interactivequeries..", "dev.pleat.deploy..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.pleat.interactivequeries..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.pleat.topology..", "dev.pleat.deploy..")
        .check(CLASSES);
  }

  @Test
  void the_engine_knows_no_domain() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.pleat.schemas", "dev.pleat.topology", "dev.pleat.interactivequeries")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.pleat.schemas.*..", "dev.pleat.topology.*..")
        .check(CLASSES);
  }

  @Test
  void no_domain_knows_another() {
    slices()
        .matching("dev.pleat.schemas.(*)..")
        .should()
        .notDependOnEachOther()
        .ignoreDependency(resideInAPackage(CATALOGUE), resideInAnyPackage(PRODUCTS, PRICES))
        .ignoreDependency(resideInAPackage(MARKET), resideInAnyPackage(MARKETED))
        .check(CLASSES);
    slices().matching("dev.pleat.topology.(*)..").should().notDependOnEachOther().check(CLASSES);
  }

  @Test
  void nobody_but_the_embedded_broker_and_the_cached_store_uses_kafkas_internals() {
    noClasses()
        .that()
        .doNotHaveSimpleName("EmbeddedBroker")
        .and()
        .doNotHaveSimpleName("CachedStore")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.kafka..internals..",
            "org.apache.kafka.server..",
            "org.apache.kafka.metadata..",
            "kafka..")
        .check(CLASSES);
  }

  @Test
  void nothing_that_serves_knows_the_trial_in_memory_and_the_trial_knows_no_kafka_client() {
    noClasses()
        .that()
        .resideOutsideOfPackage(TRIAL)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(TRIAL)
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage(TRIAL)
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "org.apache.kafka.clients..", "org.rocksdb..", "org.apache.kafka.streams")
                .and(
                    DescribedPredicate.describe(
                        "not the pair of a key and a value",
                        type -> !type.getSimpleName().equals("KeyValue"))))
        .orShould()
        .dependOnClassesThat()
        .haveSimpleName("Instance")
        .check(CLASSES);
  }

  @Test
  void queries_touch_stores_only_through_the_public_query_api() {
    noClasses()
        .that()
        .resideInAPackage("dev.pleat.interactivequeries..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.kafka.streams.processor..")
        .check(CLASSES);
  }
}
