package dev.pleat.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A client of a running instance that sends each request once and hands back what was answered.
 * Safe for use by many threads.
 */
final class ApiClient implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final String[] JSON_BODY = {"Content-Type", "application/json"};

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI base;

  ApiClient(String url) {
    this.base = URI.create(url);
  }

  /**
   * GET.
   *
   * @param headers names and values in turn
   */
  HttpResponse<String> get(String path, String... headers) {
    return send(request("GET", path, BodyPublishers.noBody(), headers));
  }

  /** POST of a JSON body. */
  HttpResponse<String> post(String path, String body, String... headers) {
    return send(json("POST", path, body, headers));
  }

  /** PUT of a JSON body. */
  HttpResponse<String> put(String path, String body, String... headers) {
    return send(json("PUT", path, body, headers));
  }

  /** GET that does not wait for the answer. */
  CompletableFuture<HttpResponse<String>> getAsync(String path, String... headers) {
    return sendAsync(request("GET", path, BodyPublishers.noBody(), headers));
  }

  /** POST of a JSON body that does not wait for the answer. */
  CompletableFuture<HttpResponse<String>> postAsync(String path, String body, String... headers) {
    return sendAsync(json("POST", path, body, headers));
  }

  /** PUT of a JSON body that does not wait for the answer. */
  CompletableFuture<HttpResponse<String>> putAsync(String path, String body, String... headers) {
    return sendAsync(json("PUT", path, body, headers));
  }

  /** Any request, with these headers and no others. */
  HttpResponse<String> send(String method, String path, String body, String... headers) {
    return send(request(method, path, BodyPublishers.ofString(body), headers));
  }

  static JsonNode json(HttpResponse<String> response) {
    return json(response.body());
  }

  static JsonNode json(String text) {
    return JSON.readTree(text);
  }

  /** A header that must be there. */
  static String header(HttpResponse<String> response, String name) {
    return response
        .headers()
        .firstValue(name)
        .orElseThrow(
            () ->
                new AssertionError(
                    "no " + name + " in " + response.headers() + " " + response.body()));
  }

  private HttpRequest json(String method, String path, String body, String... headers) {
    HttpRequest request = request(method, path, BodyPublishers.ofString(body), headers);
    return HttpRequest.newBuilder(request, (name, value) -> true).headers(JSON_BODY).build();
  }

  private HttpRequest request(String method, String path, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE).method(method, body);
    return headers.length == 0 ? request.build() : request.headers(headers).build();
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(request + " was not answered", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private CompletableFuture<HttpResponse<String>> sendAsync(HttpRequest request) {
    return http.sendAsync(request, BodyHandlers.ofString());
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
