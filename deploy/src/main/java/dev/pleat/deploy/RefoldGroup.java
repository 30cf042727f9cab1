package dev.pleat.deploy;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The consumer group in which a domain is decided and its state is folded anew: who is in it, and
 * for what.
 *
 * <p>What an earlier process of this instance left in the group (it is the same static member) is
 * removed where it is in the way: the data directory's lock says that the process is gone.
 *
 * @param stateVersion which refold this instance would take part in
 * @param instanceId of this instance
 */
record RefoldGroup(Admin admin, String group, int stateVersion, String instanceId) {

  private static final Logger LOG = LoggerFactory.getLogger(RefoldGroup.class);
  private static final long PATIENCE_S = 30;

  /** The client id of the members that refold. */
  String clientId() {
    return refolding() + "v" + stateVersion + "-" + instanceId;
  }

  private String refolding() {
    return group + "refold-";
  }

  private boolean isOfThisRefold(MemberDescription member) {
    return member.clientId().startsWith(refolding() + "v" + stateVersion + "-");
  }

  /** Nobody decides or refolds. */
  boolean isEmpty() {
    return noneBut(member -> false);
  }

  boolean onlyThisRefold() {
    return noneBut(this::isOfThisRefold);
  }

  boolean nobodyRefolds() {
    return noneBut(member -> !member.clientId().startsWith(refolding()));
  }

  private boolean noneBut(Predicate<MemberDescription> allowed) {
    List<MemberDescription> inTheWay =
        members().stream().filter(member -> !allowed.test(member)).toList();
    List<MemberToRemove> own =
        inTheWay.stream()
            .flatMap(member -> member.groupInstanceId().stream())
            .filter(id -> id.startsWith(instanceId))
            .map(MemberToRemove::new)
            .toList();
    if (!own.isEmpty()) {
      try {
        admin
            .removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions(own))
            .all()
            .get(PATIENCE_S, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        // It left, or its session ended: the next look says so.
        LOG.debug("{} is not in {} any more", own, group, e);
      } catch (InterruptedException | TimeoutException e) {
        throw failed(e);
      }
    }
    return inTheWay.isEmpty();
  }

  /** The members of other instances, for a person to find them. */
  String others() {
    return members().stream()
        .filter(member -> !member.groupInstanceId().orElse("").startsWith(instanceId))
        .map(member -> member.clientId() + " at " + member.host())
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private List<MemberDescription> members() {
    try {
      return admin
          .describeConsumerGroups(List.of(group))
          .all()
          .get(PATIENCE_S, TimeUnit.SECONDS)
          .values()
          .stream()
          .flatMap(described -> described.members().stream())
          .toList();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return List.of();
      }
      throw failed(e);
    } catch (InterruptedException | TimeoutException e) {
      throw failed(e);
    }
  }

  private IllegalStateException failed(Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    return new IllegalStateException("the cluster does not tell who is in " + group, e);
  }
}
