package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.interactivequeries.Answer.Found;
import dev.pleat.interactivequeries.Answer.NotFound;
import dev.pleat.interactivequeries.Answer.NotYet;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.interactivequeries.Checked.Kind;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.View;
import io.javalin.http.Context;
import java.nio.ByteBuffer;
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
import java.util.zip.CRC32C;

/** Answers queries of views: one row, or a page of rows. Safe for use by many threads. */
final class ViewRoutes {

  private static final Duration DEFAULT_WAIT = Duration.ofSeconds(2);
  private static final Duration MAX_WAIT = Duration.ofSeconds(30);
  private static final Pattern WAIT = Pattern.compile("([0-9]{1,6})(ms|s)");
  private static final Pattern LIMIT = Pattern.compile("[0-9]{1,9}");
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1000;
  private static final int MAX_TOKENS = 16;
  private static final String ORDER = "order";
  private static final List<String> KEYS = List.of("prefix", "from", "before");
  private static final List<String> PAGES = List.of("limit", "cursor", "after", "wait");

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
    String key = Paths.key(request.pathParam(keyParameter), schema, view);
    return switch (row(Parameters.of(request), schema, view, key)) {
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

  /** The row of a key. */
  Answer<Row> row(Parameters asked, DomainSchema<?, ?> schema, View view, String key) {
    Writes writes = writes(asked, schema, view, key);
    return views.row(schema, view, key, writes.after(), writes.patience());
  }

  /** What a row must have seen, and how long that is waited for. */
  record Writes(List<ReadAfter> after, Duration patience) {}

  /** What the tokens name that came along with a question about one row. */
  Writes writes(Parameters asked, DomainSchema<?, ?> schema, View view, String key) {
    return new Writes(
        tokens(asked, schema, view, Optional.of(key)),
        // Also without a token: a row that is being moved is worth waiting for.
        timeToWait(asked).orElse(DEFAULT_WAIT));
  }

  /** A page of rows. */
  Reply page(Context request, DomainSchema<?, ?> schema, View view) {
    return switch (page(Parameters.of(request), schema, view)) {
      case Found<Listed> found -> Reply.json(200, json(found.value()));
      case NotFound<Listed> notFound ->
          Problem.of(Problem.NOT_FOUND, "there is no such view").reply();
      case NotYet<Listed> notYet ->
          Problem.of(Problem.POSITION_NOT_REACHED, notYet.detail()).reply();
      case Unavailable<Listed> unavailable ->
          Problem.of(unavailable.code(), unavailable.detail()).reply();
    };
  }

  /**
   * Rows of a list.
   *
   * @param cursor where the next ones begin; empty if these are the last
   */
  record Listed(List<Row> rows, Optional<String> cursor) {}

  /** The rows that are asked for. */
  Answer<Listed> page(Parameters asked, DomainSchema<?, ?> schema, View view) {
    Selection selection = selection(asked, view);
    int limit = limit(asked);
    byte[] scope = scope(schema, view, selection);
    Optional<byte[]> after = asked.one("cursor").map(text -> place(text, scope));
    List<ReadAfter> writes = tokens(asked, schema, view, Optional.empty());
    Duration wait = timeToWait(asked).orElse(writes.isEmpty() ? Duration.ZERO : DEFAULT_WAIT);
    return switch (views.page(
        schema, view, new PageRequest(selection, after, limit), writes, wait)) {
      case Found<Page> found ->
          new Found<>(
              new Listed(
                  found.value().rows(),
                  found
                      .value()
                      .next()
                      .map(place -> Checked.text(Kind.CURSOR, joined(scope, place)))));
      case NotFound<Page> notFound -> new NotFound<>();
      case NotYet<Page> notYet -> new NotYet<>(notYet.detail());
      case Unavailable<Page> unavailable ->
          new Unavailable<>(unavailable.code(), unavailable.detail());
    };
  }

  private static byte[] json(Listed page) {
    JsonParts json = new JsonParts().field("rows", page.rows().stream().map(Row::json).toList());
    page.cursor().ifPresent(cursor -> json.fields(Map.of("cursor", cursor)));
    return json.toBytes();
  }

  private static byte[] place(String cursor, byte[] scope) {
    return Checked.payload(Kind.CURSOR, cursor)
        .filter(
            bytes ->
                bytes.length >= scope.length
                    && Arrays.equals(bytes, 0, scope.length, scope, 0, scope.length))
        .map(bytes -> Arrays.copyOfRange(bytes, scope.length, bytes.length))
        .orElseThrow(
            () ->
                Refusal.of(
                    Problem.INVALID_PARAMETER, "cursor is not one that this list has answered"));
  }

  /** A cursor goes on with the list it came from and no other. */
  private static byte[] scope(DomainSchema<?, ?> schema, View view, Selection selection) {
    CRC32C sum = new CRC32C();
    sum.update(
        (schema.name() + "/" + view.name() + "/" + view.version() + "\n" + selection)
            .getBytes(UTF_8));
    return ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array();
  }

  private static byte[] joined(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }

  // ---- which rows are listed

  /** Nothing that is asked is passed over: a list that looks chosen and is not would mislead. */
  static Selection selection(Parameters asked, View view) {
    List<String> texts = named(view, DomainSchema.ByText.class);
    List<String> orders = named(view, DomainSchema.Order.class);
    List<String> known =
        Stream.of(KEYS, texts, orders.isEmpty() ? List.<String>of() : List.of(ORDER))
            .flatMap(List::stream)
            .toList();
    List<String> names = asked.names().stream().filter(name -> !PAGES.contains(name)).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw Refusal.of(
            Problem.INVALID_PARAMETER,
            "rows of the view "
                + view.name()
                + " are selected by "
                + String.join(", ", known)
                + " only");
      }
    }
    if (KEYS.containsAll(names)) {
      return new Selection.ByKey(
          asked.one("prefix").orElse(""), asked.one("from"), asked.one("before"));
    }
    if (names.size() > 1) {
      throw Refusal.of(
          Problem.INVALID_PARAMETER, "select by one of " + String.join(", ", names) + ", not all");
    }
    String name = names.get(0);
    String value = asked.one(name).orElseThrow();
    if (name.equals(ORDER)) {
      if (!orders.contains(value)) {
        throw Refusal.of(
            Problem.INVALID_PARAMETER, "order must be one of " + String.join(", ", orders));
      }
      return new Selection.InOrder(value);
    }
    return new Selection.ByText(name, view.index(name).orElseThrow().normalForm().apply(value));
  }

  private static List<String> named(View view, Class<? extends DomainSchema.Index> kind) {
    return view.indexes().stream().filter(kind::isInstance).map(DomainSchema.Index::name).toList();
  }

  /**
   * What the tokens name that came along, in one header or several.
   *
   * @param key of the row that is asked for, if it is only one
   */
  private List<ReadAfter> tokens(
      Parameters asked, DomainSchema<?, ?> schema, View view, Optional<String> key) {
    List<String> texts = texts(asked);
    return texts.isEmpty()
        ? List.of()
        : texts.stream().map(text -> checked(text, schema, view, key)).toList();
  }

  private static List<String> texts(Parameters asked) {
    List<String> parameters = asked.all("after");
    if (asked.tokens().isEmpty() && parameters.isEmpty()) {
      // As with most reads.
      return List.of();
    }
    List<String> texts =
        Stream.concat(asked.tokens().stream(), parameters.stream())
            .flatMap(text -> Arrays.stream(text.split(",", -1)))
            .map(String::strip)
            .distinct()
            .toList();
    if (texts.size() > MAX_TOKENS) {
      throw Refusal.of(
          Problem.INVALID_TOKEN, "there are more than " + MAX_TOKENS + " different tokens");
    }
    return texts;
  }

  private static Token token(String text) {
    return Token.parse(text)
        .orElseThrow(
            () ->
                Refusal.of(
                    Problem.INVALID_TOKEN,
                    "this is not a token as the answer of a command carries it"));
  }

  private ReadAfter checked(
      String text, DomainSchema<?, ?> schema, View view, Optional<String> key) {
    Token token = token(text);
    if (schema.sources(view).stream().noneMatch(it -> it.name().equals(token.domain()))) {
      throw Refusal.of(Problem.INVALID_TOKEN, "this token is of another domain");
    }
    if (!token.logId().equals(logId.apply(token.domain()))) {
      throw Refusal.of(Problem.INVALID_TOKEN, "this token is of another event log");
    }
    if (view.derived().isEmpty() && key.filter(it -> !it.equals(token.aggregateId())).isPresent()) {
      throw Refusal.of(Problem.INVALID_TOKEN, "this token is about another aggregate");
    }
    return new ReadAfter(token.domain(), token.aggregateId(), token.version());
  }

  /**
   * What must have been seen of one aggregate, and how long that is waited for.
   *
   * @param version 0 if nothing must
   */
  record Seen(long version, Duration patience) {

    /** The same as a question to its history. */
    History.Subject in(DomainSchema<?, ?> schema, String aggregateId) {
      return new History.Subject(schema, aggregateId, version, patience);
    }
  }

  /** What the tokens name that came along with a question about one aggregate. */
  Seen seen(Parameters asked, DomainSchema<?, ?> schema, String aggregateId) {
    long version = 0;
    for (String text : texts(asked)) {
      Token token = token(text);
      if (!token.domain().equals(schema.name())) {
        throw Refusal.of(Problem.INVALID_TOKEN, "this token is of another domain");
      }
      if (!token.logId().equals(logId.apply(token.domain()))) {
        throw Refusal.of(Problem.INVALID_TOKEN, "this token is of another event log");
      }
      if (!token.aggregateId().equals(aggregateId)) {
        throw Refusal.of(Problem.INVALID_TOKEN, "this token is about another aggregate");
      }
      version = Math.max(version, token.version());
    }
    return new Seen(version, timeToWait(asked).orElse(DEFAULT_WAIT));
  }

  private static Optional<Duration> timeToWait(Parameters asked) {
    Optional<String> text = asked.one("wait");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Matcher wait = WAIT.matcher(text.get());
    if (wait.matches()) {
      long number = Long.parseLong(wait.group(1));
      Duration time =
          wait.group(2).equals("s") ? Duration.ofSeconds(number) : Duration.ofMillis(number);
      if (time.compareTo(MAX_WAIT) <= 0) {
        return Optional.of(time);
      }
    }
    throw Refusal.of(Problem.INVALID_PARAMETER, "wait must be like 2s or 500ms, and at most 30s");
  }

  static int limit(Parameters asked) {
    return asked
        .one("limit")
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
