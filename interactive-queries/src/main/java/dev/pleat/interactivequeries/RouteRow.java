package dev.pleat.interactivequeries;

import io.javalin.http.Context;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A row of the table of routes: how one path is served, and what the OpenAPI document says of it.
 *
 * @param path with {@code {name}} for what varies
 * @param summary a short sentence
 * @param body the component schema of the request's body, if it has one
 * @param answer the component schema of the answer when all goes well
 * @param parameters what may be sent beside path and body
 * @param statuses every HTTP status it answers with, the good ones first
 * @param contentTypes of the answer when all goes well, the first where the client has no wish;
 *     beside Server-Sent Events
 * @param followed what is sent instead when Server-Sent Events are asked for; empty if none are
 * @param endpoint what answers
 */
record RouteRow(
    Method method,
    String path,
    String summary,
    Optional<String> body,
    String answer,
    List<Parameter> parameters,
    List<Integer> statuses,
    List<String> contentTypes,
    Optional<String> followed,
    Endpoint endpoint) {

  private static final Pattern PATH_PARAMETER = Pattern.compile("\\{([^}]+)}");

  enum Method {
    GET,
    POST,
    PUT
  }

  /** What may be sent beside path and body. */
  enum Parameter {
    IDEMPOTENCY_KEY("header", "Idempotency-Key", "The command's id, a UUID; keep it for retries."),
    IF_MATCH("header", "If-Match", "The version the aggregate must have, like \"7\"."),
    IF_NONE_MATCH("header", "If-None-Match", "*: the aggregate must not exist."),
    PREFER(
        "header", "Prefer", "respond-async, wait=N (seconds, at most 30), return=representation."),
    ACTOR(
        "header",
        "Pleat-Actor",
        "Who sends the command; for trials, taken from the same machine only."),
    TRACEPARENT("header", "traceparent", "The trace the command belongs to (W3C Trace Context)."),
    DRY_RUN(
        "query",
        "dry-run",
        "true: answer what the command would do at the version it expects, or at the newest one,"
            + " and write nothing. Then Pleat-Token, after and wait are as in a query."),
    TOKEN("header", "Pleat-Token", "Be served at or after this token of a command's answer."),
    AFTER("query", "after", "The same as the header Pleat-Token."),
    WAIT("query", "wait", "How long to wait, like 2s or 500ms; at most 30s, default 2s."),
    LIMIT("query", "limit", "The most rows to answer, 1 to 1000; default 100."),
    CURSOR("query", "cursor", "Where the page before ended, as it said."),
    AS_OF_VERSION("query", "as-of-version", "As it was at this version, from 1."),
    AS_OF("query", "as-of", "As it was at this time, like 2026-11-21T10:00:00.000Z."),
    FROM_VERSION("query", "from-version", "The version of the first event, from 1; default 1."),
    UNTIL_VERSION("query", "until-version", "The version of the last event; default the newest."),
    EVENT_ORDER("query", "order", "asc for the oldest events first, or desc; default asc."),
    LAST_EVENT_ID(
        "header", "Last-Event-ID", "Where a client that followed was: the id of the last event."),
    INCLUDE(
        "query",
        "include",
        "outcomes: the outcomes of all commands too, each behind the event of the version it"
            + " tells; outcomes-through says how far they are recorded."),
    KEY("query", "key", "The aggregate the command addresses, when it is known.");

    private final String in;
    private final String label;
    private final String description;

    Parameter(String in, String label, String description) {
      this.in = in;
      this.label = label;
      this.description = description;
    }

    String in() {
      return in;
    }

    String label() {
      return label;
    }

    String description() {
      return description;
    }
  }

  /** Answers a request. May block; may throw {@link Refusal}. */
  @FunctionalInterface
  interface Endpoint {
    Response answer(Context request) throws Exception;
  }

  /** The same route, whose answer is also to be had as Server-Sent Events: these. */
  RouteRow alsoFollowed(String events) {
    return new RouteRow(
        method,
        path,
        summary,
        body,
        answer,
        parameters,
        statuses,
        contentTypes,
        Optional.of(events + " Lines that begin with a colon only say that the connection lives."),
        endpoint);
  }

  /** The same route where a part of what it is about may not be there at all. */
  RouteRow perhapsNotOffered() {
    return statuses.contains(503)
        ? new RouteRow(
            method,
            path,
            summary,
            body,
            answer,
            parameters,
            Stream.concat(statuses.stream(), Stream.of(501)).toList(),
            contentTypes,
            followed,
            endpoint)
        : this;
  }

  /** The names of what varies in the path. */
  List<String> pathParameters() {
    return PATH_PARAMETER.matcher(path).results().map(match -> match.group(1)).toList();
  }

  /** The path with all that varies given the same name, so that equal ones serve the same URLs. */
  String shape() {
    return PATH_PARAMETER.matcher(path).replaceAll(Matcher.quoteReplacement("{}"));
  }
}
