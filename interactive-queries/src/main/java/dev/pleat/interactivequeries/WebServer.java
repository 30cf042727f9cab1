package dev.pleat.interactivequeries;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a table of routes over HTTP/1.1, one virtual thread for each request: the only file that
 * sets up the HTTP server. Whatever goes wrong is answered with a {@link Problem}.
 */
final class WebServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);

  private static final int MAX_HEADER_BYTES = 16 * 1024;
  private static final int MAX_DRAINED_BYTES = 2 * 1024 * 1024;
  private static final long STOP_TIMEOUT_MS = 8_000;

  /** Room for everybody who may wait, and for those who do not. */
  private static final int MOST_CONNECTIONS = 20_000;

  /** What a connection with a request under way takes of the heap, on the safe side. */
  private static final long BYTES_A_CONNECTION = 128 * 1024;

  private static final Map<String, String> ALWAYS =
      Map.of("X-Content-Type-Options", "nosniff", "Cache-Control", "no-store");

  /** What every answer has, whatever it is. */
  private final Map<String, String> always;

  private final String nothing;
  private final Listener listener;
  private final Javalin javalin;

  /**
   * A server that does not answer yet.
   *
   * @param nothing what is said of a path there is not
   * @param standstill after which a connection is closed on which nothing moves
   * @param headers what every answer says, beside what all servers say
   */
  WebServer(
      List<RouteRow> routes,
      String nothing,
      Listener listener,
      Duration standstill,
      Map<String, String> headers) {
    Map<String, String> all = new LinkedHashMap<>(ALWAYS);
    all.putAll(headers);
    this.always = Collections.unmodifiableMap(all);
    this.nothing = nothing;
    this.listener = listener;
    this.javalin = Javalin.create(config -> configure(config, routes, standstill));
  }

  /** Answers from when this returns. */
  void start() {
    javalin.start();
  }

  int port() {
    return listener.port();
  }

  /** Takes no more requests, lets those under way end for 8 seconds at most, and stops. */
  @Override
  public void close() {
    javalin.stop();
    listener.close();
  }

  private void configure(JavalinConfig config, List<RouteRow> routes, Duration standstill) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.concurrency.useVirtualThreads = true;
    config.http.prefer405over404 = true;
    config.http.generateEtags = false;
    config.http.maxRequestSize = RequestBody.MAX_BODY_BYTES;
    // A strong ETag names bytes: compressing them on the way would make it wrong.
    config.http.compressionStrategy = CompressionStrategy.NONE;
    config.router.ignoreTrailingSlashes = false;
    config.router.javaLangErrorHandler(this::failed);
    config.jetty.addConnector((server, http) -> connector(server, http, listener, standstill));
    config.jetty.modifyHttpConfiguration(
        http -> {
          http.setRequestHeaderSize(MAX_HEADER_BYTES);
          http.setSendServerVersion(false);
          http.setSendXPoweredBy(false);
        });
    config.jetty.modifyServer(this::configure);
    config.jetty.modifyServletContextHandler(
        context -> context.setErrorHandler(new ProblemPage(always)));
    for (RouteRow route : routes) {
      switch (route.method()) {
        case GET -> {
          config.routes.addHttpHandler(
              HandlerType.GET, route.path(), request -> answer(request, route));
          config.routes.addHttpHandler(
              HandlerType.HEAD, route.path(), request -> answer(request, route));
        }
        case POST ->
            config.routes.addHttpHandler(
                HandlerType.POST, route.path(), request -> answer(request, route));
        case PUT ->
            config.routes.addHttpHandler(
                HandlerType.PUT, route.path(), request -> answer(request, route));
      }
    }
    config.routes.exception(HttpResponseException.class, this::notServed);
    config.routes.exception(
        Refusal.class, (refusal, request) -> write(request, refusal.problem().reply()));
    config.routes.exception(Exception.class, this::failed);
  }

  /**
   * How many connections are served at a time with a heap of so many bytes. Further ones stand in
   * the operating system's queue until others close; to serve them would end the process.
   */
  static int connections(long heapBytes) {
    return (int) Math.min(MOST_CONNECTIONS, Math.max(1, heapBytes / BYTES_A_CONNECTION));
  }

  /** Accepts no more connections than that, until others close. */
  static void limitConnections(Server server, int connections) {
    server.addBean(new NetworkConnectionLimit(connections, server));
  }

  private void configure(Server server) {
    limitConnections(server, connections(Runtime.getRuntime().maxMemory()));
    server.setErrorHandler(new ProblemPage(always));
    server.insertHandler(new GracefulHandler());
    server.setStopTimeout(STOP_TIMEOUT_MS);
  }

  private static Connector connector(
      Server server, HttpConfiguration http, Listener listener, Duration standstill) {
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setIdleTimeout(standstill.toMillis());
    try {
      connector.open(listener.channel());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return connector;
  }

  private void answer(Context request, RouteRow route) throws Exception {
    if (route.followed().isEmpty() || !RequestHeaders.wantsEvents(request)) {
      RequestHeaders.accepted(request, route.contentTypes());
    }
    switch (route.endpoint().answer(request)) {
      case Reply reply -> write(request, reply);
      case EventStream stream -> write(request, stream);
    }
  }

  private void write(Context request, EventStream stream) {
    try (stream) {
      always.forEach(request::header);
      request.status(200).contentType(EventStream.CONTENT_TYPE);
      stream.writeTo(request.res().getOutputStream());
    } catch (IOException e) {
      LOG.debug("who followed is gone", e);
    }
  }

  private void write(Context request, Reply reply) {
    if (mayLeaveSomeBody(request, reply.status()) && !readToTheEnd(request)) {
      request.header("Connection", "close");
    }
    always.forEach(request::header);
    reply.headers().forEach(request::header);
    request.status(reply.status()).contentType(reply.contentType());
    HttpServletResponse response = request.res();
    response.setContentLength(reply.body().length);
    try {
      // Not as the framework's result: it copies that through a new buffer of 8 KiB each time.
      response.getOutputStream().write(reply.body());
    } catch (IOException e) {
      LOG.debug("who asked is gone", e);
    }
  }

  /**
   * Takes in what is left of a body nobody wanted. Left where it is, the server closes the
   * connection without a word, and the client's next request on it is lost; many clients also only
   * read an answer once they have sent everything.
   *
   * @return false if the connection cannot be used again
   */
  private static boolean readToTheEnd(Context request) {
    if (request.req().getHeader("Expect") != null) {
      // The client asked before sending; to read now would tell it to go on.
      return false;
    }
    try {
      InputStream body = request.req().getInputStream();
      byte[] buffer = new byte[8192];
      for (int drained = 0; drained < MAX_DRAINED_BYTES; ) {
        int n = body.read(buffer);
        if (n < 0) {
          return true;
        }
        drained += n;
      }
      return false;
    } catch (IOException e) {
      LOG.debug("the rest of a body cannot be read", e);
      return false;
    }
  }

  private static boolean mayLeaveSomeBody(Context request, int status) {
    boolean hasBody =
        request.req().getContentLengthLong() > 0
            || request.req().getHeader("Transfer-Encoding") != null;
    return hasBody && status >= 400;
  }

  /** No route, or the wrong method; OPTIONS is answered with the methods there are. */
  private void notServed(HttpResponseException e, Context request) {
    if (e.getStatus() == 404) {
      write(request, Problem.of(Problem.NOT_FOUND, nothing).reply());
      return;
    }
    if (e.getStatus() != 405) {
      write(request, Problem.ofStatus(e.getStatus()).reply());
      return;
    }
    Set<String> methods = new TreeSet<>(Set.of("OPTIONS"));
    e.getDetails().values().stream()
        .flatMap(names -> Stream.of(names.split(",")))
        .map(String::strip)
        .forEach(methods::add);
    String allow = String.join(", ", methods);
    if (request.req().getMethod().equals("OPTIONS")) {
      always.forEach(request::header);
      request.status(204).header("Allow", allow).removeHeader("Content-Type");
      return;
    }
    write(
        request,
        Problem.of(Problem.METHOD_NOT_ALLOWED, "this path takes " + allow)
            .with("Allow", allow)
            .reply());
  }

  private void failed(Exception e, Context request) {
    // The HTTP server's own complaints about what it reads say which status they are.
    Optional<Integer> clientsFault =
        Stream.<Throwable>iterate(e, t -> t != null, Throwable::getCause)
            .filter(HttpException.class::isInstance)
            .map(cause -> ((HttpException) cause).getCode())
            .filter(code -> code >= 400 && code < 500)
            .findFirst();
    if (clientsFault.isPresent()) {
      write(request, Problem.ofStatus(clientsFault.get()).reply());
      return;
    }
    LOG.error("a request to {} failed", request.endpoint().path, e);
    write(request, Problem.ofStatus(500).reply());
  }

  private void failed(HttpServletResponse response, Error e) {
    LOG.error("a request failed", e);
    byte[] body = Problem.ofStatus(500).body();
    always.forEach(response::setHeader);
    response.setStatus(500);
    response.setContentType(Problem.CONTENT_TYPE);
    response.setContentLength(body.length);
    try {
      response.getOutputStream().write(body);
    } catch (IOException io) {
      LOG.debug("the client is gone", io);
    }
  }

  /** Answers what never reaches a route: requests that are no HTTP, too long, or too late. */
  private static final class ProblemPage extends ErrorHandler {
    private final Map<String, String> always;

    ProblemPage(Map<String, String> always) {
      this.always = always;
    }

    @Override
    public boolean errorPageForMethod(String method) {
      return true;
    }

    @Override
    protected void generateResponse(
        Request request,
        Response response,
        int status,
        String message,
        Throwable cause,
        Callback callback) {
      Problem problem = Problem.ofStatus(status);
      if (status == 500 && cause != null) {
        LOG.error("a request failed", cause);
      }
      response.setStatus(problem.status());
      put(response.getHeaders(), problem);
      response.write(true, ByteBuffer.wrap(problem.body()), callback);
    }

    private void put(HttpFields.Mutable headers, Problem problem) {
      headers.put(HttpHeader.CONTENT_TYPE, Problem.CONTENT_TYPE);
      // The server closes after most of these: a client that is not told would lose its next
      // request.
      headers.put(HttpHeader.CONNECTION, "close");
      always.forEach(headers::put);
      problem.headers().forEach(headers::put);
    }
  }
}
