package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.Checked.Kind;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.JsonCodec;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Answers queries of views: one row, or a page of rows. Safe for use by many threads. */
final class ViewRoutes {

  private static final Duration DEFAULT_WAIT = Duration.ofSeconds(2);
  private static final Duration MAX_WAIT = Duration.ofSeconds(30);
  private static final Pattern WAIT = Pattern.compile("([0-9]{1,6})(ms|s)");
  private static final Pattern LIMIT = Pattern.compile("[0-9]{1,9}");
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1000;
  private static final int MAX_TOKENS = 16;

  private final Views views;
  private final Function<String, String> logId;

  ViewRoutes(Views views, Function<String, String> logId) {
    this.views = views;
    this.logId = logId;
  }

  /**
   * One row.
   *
   * @param keyParameter what the path calls the key
   */
  Reply row(Context request, DomainSchema<?, ?> schema, View view, String keyParameter) {
    String key = Paths.key(request, schema, view, keyParameter);
    return switch (views.row(
        schema, view, key, tokens(request, schema, view, key), timeToWait(request))) {
      case Found<Row> found -> {
        Reply row = Reply.json(200, found.value().json());
        OptionalLong version = found.value().version();
        yield version.isPresent() ? row.with("ETag", "\"" + version.getAsLong() + "\"") : row;
      }
      case NotFound<Row> notFound ->
          Problem.of(Problem.NOT_FOUND, "the view " + view.name() + " has no row of this key")
              .reply();
      case NotYet<Row> notYet -> Problem.of(Problem.POSITION_NOT_REACHED, notYet.detail()).reply();
      case Unavailable<Row> unavailable ->
          Problem.of(unavailable.code(), unavailable.detail()).reply();
    };
  }

  /** A page of rows. */
  Reply page(Context request, DomainSchema<?, ?> schema, View view) {
    int limit = limit(request);
    Optional<String> after =
        RequestHeaders.parameter(request, "cursor").map(text -> key(text, schema, view));
    return switch (views.page(schema, view, after, limit)) {
      case Found<Page> found -> Reply.json(200, json(found.value(), schema, view));
      case NotFound<Page> notFound ->
          Problem.of(Problem.NOT_FOUND, "there is no such view").reply();
      case NotYet<Page> notYet -> Problem.of(Problem.POSITION_NOT_REACHED, notYet.detail()).reply();
      case Unavailable<Page> unavailable ->
          Problem.of(unavailable.code(), unavailable.detail()).reply();
    };
  }

  /** Rows are bytes of JSON already: parsing them to write them again would be wasted. */
  private static byte[] json(Page page, DomainSchema<?, ?> schema, View view) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String separator = "{\"rows\":[";
    for (Row row : page.rows()) {
      out.writeBytes(separator.getBytes(UTF_8));
      out.writeBytes(row.json());
      separator = ",";
    }
    out.writeBytes((page.rows().isEmpty() ? separator + "]" : "]").getBytes(UTF_8));
    page.next()
        .map(key -> Checked.text(Kind.CURSOR, (scope(schema, view) + key).getBytes(UTF_8)))
        .map(cursor -> JsonCodec.object(Map.of("cursor", cursor)).bytes())
        .ifPresentOrElse(
            cursor -> {
              out.write(',');
              out.write(cursor, 1, cursor.length - 1);
            },
            () -> out.write('}'));
    return out.toByteArray();
  }

  private static String key(String cursor, DomainSchema<?, ?> schema, View view) {
    String scope = scope(schema, view);
    return Checked.payload(Kind.CURSOR, cursor)
        .map(bytes -> new String(bytes, UTF_8))
        .filter(text -> text.startsWith(scope))
        .map(text -> text.substring(scope.length()))
        .orElseThrow(
            () ->
                Refusal.of(
                    Problem.INVALID_PARAMETER,
                    "cursor must be what the page before of this view said"));
  }

  private static String scope(DomainSchema<?, ?> schema, View view) {
    return schema.name() + "/" + view.name() + "\n";
  }

  /** What the tokens name that came along, in one header or several. */
  private List<ReadAfter> tokens(
      Context request, DomainSchema<?, ?> schema, View view, String key) {
    List<String> texts =
        Stream.concat(
                RequestHeaders.all(request, "Pleat-Token").stream(),
                RequestHeaders.parameters(request, "after").stream())
            .flatMap(text -> Arrays.stream(text.split(",", -1)))
            .map(String::strip)
            .distinct()
            .toList();
    if (texts.size() > MAX_TOKENS) {
      throw Refusal.of(
          Problem.INVALID_TOKEN, "there are more than " + MAX_TOKENS + " different tokens");
    }
    return texts.stream().map(text -> checked(text, schema, view, key)).toList();
  }

  private ReadAfter checked(String text, DomainSchema<?, ?> schema, View view, String key) {
    Token token =
        Token.parse(text)
            .orElseThrow(
                () ->
                    Refusal.of(
                        Problem.INVALID_TOKEN,
                        "this is not a token as the answer of a command carries it"));
    if (schema.sources(view).stream().noneMatch(it -> it.name().equals(token.domain()))) {
      throw Refusal.of(Problem.INVALID_TOKEN, "this token is of another domain");
    }
    if (!token.logId().equals(logId.apply(token.domain()))) {
      throw Refusal.of(Problem.INVALID_TOKEN, "this token is of another event log");
    }
    if (view.derived().isEmpty() && !token.aggregateId().equals(key)) {
      throw Refusal.of(Problem.INVALID_TOKEN, "this token is about another aggregate");
    }
    return new ReadAfter(token.domain(), token.aggregateId(), token.version());
  }

  private static Duration timeToWait(Context request) {
    Optional<String> text = RequestHeaders.parameter(request, "wait");
    if (text.isEmpty()) {
      // Also without a token: a row that is being moved to another instance is worth waiting for.
      return DEFAULT_WAIT;
    }
    Matcher wait = WAIT.matcher(text.get());
    if (wait.matches()) {
      long number = Long.parseLong(wait.group(1));
      Duration time =
          wait.group(2).equals("s") ? Duration.ofSeconds(number) : Duration.ofMillis(number);
      if (time.compareTo(MAX_WAIT) <= 0) {
        return time;
      }
    }
    throw Refusal.of(Problem.INVALID_PARAMETER, "wait must be like 2s or 500ms, and at most 30s");
  }

  private static int limit(Context request) {
    return RequestHeaders.parameter(request, "limit")
        .map(
            text -> {
              int limit = LIMIT.matcher(text).matches() ? Integer.parseInt(text) : 0;
              if (limit < 1 || limit > MAX_LIMIT) {
                throw Refusal.of(
                    Problem.INVALID_PARAMETER, "limit must be a number from 1 to " + MAX_LIMIT);
              }
              return limit;
            })
        .orElse(DEFAULT_LIMIT);
  }
}
