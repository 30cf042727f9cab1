package dev.pleat.deploy;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.topology.ClosingMark;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An operator's word, given at a start, that another generation of a domain's log takes the place
 * of the one that serves. Used by one thread.
 */
final class LogSwitch {

  /*
   * How it works
   *
   * Two applications must never decide for two logs. All processes of the domain have to be stopped
   * first: nobody is in a group of the domain when this begins. Then the row that says which log
   * serves is written; who starts from now on reads it. A process that read it before, and joins
   * later, is left. So the state of the log before is closed: a mark is written to the changelog
   * topic of its processed positions, and who restores that state finds it and refuses. Only when
   * the mark is there it is looked whether somebody is in the group that decided before (Refold),
   * before each start of the application that decides. Whoever joined before that is seen, and
   * waited for; whoever joins after it finds the mark.
   *
   * The row says whether the marks are written. After a crash between the two the next start writes
   * them.
   */

  private static final Logger LOG = LoggerFactory.getLogger(LogSwitch.class);
  private static final long PATIENCE_S = 30;

  private final Admin admin;
  private final LogTopics topics;
  private final LogGeneration to;
  private final String instanceId;

  /**
   * Nothing is done yet.
   *
   * @param instanceId of this process: what an earlier one of it left in a group does not count
   */
  LogSwitch(Admin admin, LogTopics topics, LogGeneration to, String instanceId) {
    this.admin = admin;
    this.topics = topics;
    this.to = to;
    this.instanceId = instanceId;
  }

  /**
   * Those that were told of, by the name of the domain.
   *
   * @param schemas the domains that are run
   * @throws StartRefused if one is of another domain
   */
  static Map<String, LogSwitch> told(
      Settings settings,
      List<DomainSchema<?, ?>> schemas,
      Map<String, Object> connection,
      Admin admin,
      DataDirectory data) {
    Map<String, LogSwitch> told = new HashMap<>();
    settings
        .switchLog()
        .forEach(
            (name, number) -> {
              DomainSchema<?, ?> schema =
                  schemas.stream()
                      .filter(each -> each.name().equals(name) && each.takesCommands())
                      .findFirst()
                      .orElseThrow(
                          () -> refused(name, number, "no such domain here takes commands"));
              LogTopics topics =
                  new LogTopics(
                      schema, connection, admin, new GenerationRemoval(admin, data.state()));
              told.put(
                  name,
                  new LogSwitch(
                      admin, topics, new LogGeneration(schema, number), data.instanceId()));
            });
    return told;
  }

  int number() {
    return to.number();
  }

  /**
   * Whether there is something to do: not if this generation serves already.
   *
   * @throws StartRefused if one that serves now came after it
   */
  boolean isDue(ServingLog now) {
    if (to.number() < now.number()) {
      throw refused(
          "generation "
              + now.number()
              + " serves, and an earlier one does not come back; leave the flag out");
    }
    return to.number() > now.number();
  }

  /**
   * Refuses what would lose or mix something.
   *
   * @throws StartRefused says what is in the way
   */
  void requirePossible() {
    try {
      Optional<RebuiltLog> rebuilt = topics.rebuilt(to);
      if (rebuilt.filter(RebuiltLog::different).isEmpty()) {
        throw refused(
            "there is no such generation that was rebuilt, compared and found different, with all"
                + " its topics; begin with pleat log rebuild "
                + to.schema().name());
      }
      Optional<String> missing = topics.missingCommands();
      if (missing.isPresent()) {
        throw refused(missing.get());
      }
      requireAllStopped();
    } catch (KafkaException | IllegalStateException e) {
      throw refused("the cluster does not tell whether that can be done: " + e.getMessage());
    }
  }

  private void requireAllStopped() {
    List<String> groups =
        Cluster.await(admin.listGroups().all()).stream()
            .map(GroupListing::groupId)
            .filter(group -> group.startsWith("pleat." + to.schema().name() + "."))
            .sorted()
            .toList();
    for (String group : groups) {
      RefoldGroup members = new RefoldGroup(admin, group, 0, instanceId);
      String others = members.isEmpty() ? "" : members.others();
      if (!others.isEmpty()) {
        throw refused(
            "every other process of the domain must be stopped first, and "
                + group
                + " has members: "
                + others
                + "; one that has ended is a member for 10 s more");
      }
    }
  }

  private StartRefused refused(String why) {
    return refused(to.schema().name(), to.number(), why);
  }

  private static StartRefused refused(String domain, int number, String why) {
    return new StartRefused("--switch-log " + domain + "=" + number + ": " + why);
  }

  /** Writes down that it serves from now on. */
  ServingLog make(Manifest manifest, ServingLog before) {
    ServingLog now = new ServingLog(to.number(), before.number(), false);
    now.write(manifest);
    LOG.warn(
        "{}: generation {} of the log serves from now on, in the place of generation {}",
        to.schema(),
        now.number(),
        now.before());
    return now;
  }

  /**
   * Closes the state of the log before, if that is not done yet.
   *
   * @throws StartRefused if it cannot be done
   */
  static void close(
      Admin admin,
      Manifest manifest,
      DomainSchema<?, ?> schema,
      ServingLog serving,
      int partitions) {
    if (serving.closed()) {
      return;
    }
    DomainSchema<?, ?> before = schema.onLog(serving.before());
    if (Cluster.await(admin.listTopics().names()).contains(ClosingMark.topic(before))) {
      write(manifest.connection(), ClosingMark.of(before, partitions));
    }
    new ServingLog(serving.number(), serving.before(), true).write(manifest);
  }

  private static void write(Map<String, Object> connection, List<ClosingMark> marks) {
    Map<String, Object> properties = new HashMap<>(connection);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (ClosingMark mark : marks) {
        producer
            .send(new ProducerRecord<>(mark.topic(), mark.partition(), mark.key(), mark.value()))
            .get(PATIENCE_S, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartRefused("interrupted while the log before was closed; start again");
    } catch (ExecutionException | TimeoutException e) {
      throw new StartRefused(
          "the log before cannot be closed: " + e.getMessage() + "; start again");
    }
  }
}
