package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.UnreadableMessage;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.kafka.streams.state.HostInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The other instances, asked over HTTP for the statuses of commands they hold. Nothing they answer
 * is taken unchecked: what is not exactly an answer to the question is "not now". Safe for use by
 * many threads.
 */
final class Peers implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Peers.class);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

  // An outcome has a million bytes at most, and what is told of it is no longer.
  private static final int MAX_BODY_BYTES = 1_100_000;

  private final Holders holders;
  private final Function<String, String> logId;
  private final Duration patience;
  private final Semaphore places;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .proxy(HttpClient.Builder.NO_PROXY)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  /**
   * Nobody is asked yet.
   *
   * @param patience how long to wait for an answer
   * @param maxAsked how many questions may be under way
   */
  Peers(Holders holders, Function<String, String> logId, Duration patience, int maxAsked) {
    this.holders = holders;
    this.logId = logId;
    this.patience = patience;
    this.places = new Semaphore(maxAsked);
  }

  /** What the holders of these partitions know of a command. */
  Answer<KnownStatus> ask(
      DomainSchema<?, ?> schema, UUID commandId, Optional<String> key, Set<Integer> partitions) {
    Map<HostInfo, Set<Integer>> hosts = holders.of(schema, partitions);
    Set<Integer> held = new HashSet<>();
    hosts.values().forEach(held::addAll);
    List<CompletableFuture<Answer<KnownStatus>>> asked = new ArrayList<>();
    hosts.forEach(
        (host, theirs) -> asked.add(ask(host, new Forwarded(schema, theirs), commandId, key)));
    long deadline = System.nanoTime() + patience.toNanos();
    Answer<KnownStatus> together =
        held.containsAll(partitions)
            ? new NotFound<>()
            : notNow("nobody is known to hold it just now");
    for (CompletableFuture<Answer<KnownStatus>> answer : asked) {
      together = KnownStatus.together(together, await(answer, deadline));
    }
    return together;
  }

  private CompletableFuture<Answer<KnownStatus>> ask(
      HostInfo host, Forwarded question, UUID commandId, Optional<String> key) {
    HttpRequest request;
    try {
      request =
          HttpRequest.newBuilder(uri(host, commandId, key))
              .timeout(patience)
              .header("Accept", Reply.JSON)
              .header(Forwarded.HEADER, question.text(logId.apply(question.schema().name())))
              .build();
    } catch (URISyntaxException | IllegalArgumentException e) {
      LOG.debug("another instance advertises an address nobody can use: {}", host);
      return CompletableFuture.completedFuture(notNow("its holder cannot be reached"));
    }
    if (!places.tryAcquire()) {
      return CompletableFuture.completedFuture(
          new Unavailable<>(Answer.OVERLOADED, "too many questions to other instances are open"));
    }
    CompletableFuture<HttpResponse<byte[]>> response =
        http.sendAsync(request, head -> new Bounded(MAX_BODY_BYTES));
    CompletableFuture<Answer<KnownStatus>> answer =
        response
            // Before the answer is there: whoever has it may ask again at once.
            .whenComplete((received, failure) -> places.release())
            .thenApply(received -> read(received, question.schema(), commandId, key));
    // Who waited may have given up; the exchange must then end too.
    answer.whenComplete((read, failure) -> response.cancel(true));
    return answer;
  }

  private static URI uri(HostInfo host, UUID commandId, Optional<String> key)
      throws URISyntaxException {
    String authority =
        (host.host().contains(":") ? "[" + host.host() + "]" : host.host()) + ":" + host.port();
    URI uri =
        new URI(
            "http://"
                + authority
                + "/commands/"
                + commandId
                + key.map(id -> "?key=" + URLEncoder.encode(id, UTF_8)).orElse(""));
    if (!authority.equals(uri.getHost() + ":" + uri.getPort())) {
      throw new URISyntaxException(authority, "not a host and a port");
    }
    return uri;
  }

  private Answer<KnownStatus> await(CompletableFuture<Answer<KnownStatus>> answer, long deadline) {
    try {
      return answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer.cancel(true);
      return notNow("this instance is stopping");
    } catch (TimeoutException e) {
      answer.cancel(true);
      return notNow("its holder did not answer in time");
    } catch (ExecutionException e) {
      LOG.debug("another instance did not answer", e);
      return notNow("its holder cannot be reached");
    }
  }

  private static Answer<KnownStatus> read(
      HttpResponse<byte[]> response,
      DomainSchema<?, ?> schema,
      UUID commandId,
      Optional<String> key) {
    if (response.statusCode() == 200) {
      return response
          .headers()
          .firstValue(StatusBody.TIME)
          .flatMap(time -> StatusBody.read(schema, commandId, response.body(), time))
          .filter(
              status ->
                  key.isEmpty()
                      || status.aggregateId().isEmpty()
                      || status.aggregateId().equals(key))
          .<Answer<KnownStatus>>map(Found::new)
          .orElseGet(() -> notNow("its holder gave an answer nobody understands"));
    }
    return response.statusCode() == 404 && saysNotFound(response.body(), commandId)
        ? new NotFound<>()
        : notNow("its holder cannot say just now");
  }

  /** Any server may say 404; that there is no such command is said in so many words. */
  private static boolean saysNotFound(byte[] body, UUID commandId) {
    try {
      JsonObject problem = JsonCodec.readObject(body);
      return problem.text("code").equals(Optional.of(Problem.COMMAND_NOT_FOUND))
          && problem.text("command-id").equals(Optional.of(commandId.toString()));
    } catch (UnreadableMessage e) {
      return false;
    }
  }

  private static Answer<KnownStatus> notNow(String why) {
    return new Unavailable<>(
        Answer.NOT_NOW, "the status of the command is held by another instance: " + why);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  /** A body of so many bytes at most. */
  private static final class Bounded implements BodySubscriber<byte[]> {
    private final BodySubscriber<byte[]> whole = BodySubscribers.ofByteArray();
    private final CompletableFuture<Flow.Subscription> subscribed = new CompletableFuture<>();
    private long left;

    Bounded(long maxBytes) {
      this.left = maxBytes;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return whole.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscribed.complete(subscription);
      whole.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
      if (left < 0) {
        return;
      }
      left -= part.stream().mapToLong(ByteBuffer::remaining).sum();
      if (left < 0) {
        subscribed.thenAccept(Flow.Subscription::cancel);
        whole.onError(new IOException("the body is too large"));
      } else {
        whole.onNext(part);
      }
    }

    @Override
    public void onError(Throwable failure) {
      whole.onError(failure);
    }

    @Override
    public void onComplete() {
      if (left >= 0) {
        whole.onComplete();
      }
    }
  }
}
