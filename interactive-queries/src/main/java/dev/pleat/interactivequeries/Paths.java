package dev.pleat.interactivequeries;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.DomainSchema.View;
import io.javalin.http.Context;
import java.net.URLEncoder;
import java.util.UUID;

/** Where things are: the URLs that answers point at, and the ids that requests name. */
final class Paths {

  private Paths() {}

  /** A route's path with this id in it. */
  static String filled(String path, String id) {
    return path.replaceAll("\\{[^}]*}", encoded(id));
  }

  /** Where it is told what became of a command. */
  static String command(UUID commandId, String aggregateId) {
    return "/commands/" + commandId + "?key=" + encoded(aggregateId);
  }

  /** The id of an aggregate in the path of a request. */
  static String id(Context request, DomainSchema<?, ?> schema, String parameter) {
    return id(request.pathParam(parameter), schema);
  }

  /** The id of the aggregate that a text names. */
  static String id(String text, DomainSchema<?, ?> schema) {
    String id = schema.aggregateId(text);
    // A replacement character is what bytes that are no UTF-8 become: ids must not melt together.
    if (!schema.idFormat().accepts(id) || id.indexOf('\uFFFD') >= 0) {
      throw invalidId(schema);
    }
    return id;
  }

  /** The key of the row of a view that a text names. */
  static String key(String key, DomainSchema<?, ?> schema, View view) {
    if (view.derived().isEmpty()) {
      return id(key, schema);
    }
    if (!schema.keyFormat(view).accepts(key) || key.indexOf('\uFFFD') >= 0) {
      throw invalidId(schema.keyField(view), schema.keyFormat(view));
    }
    return key;
  }

  static Refusal invalidId(DomainSchema<?, ?> schema) {
    return invalidId(schema.idField(), schema.idFormat());
  }

  private static Refusal invalidId(String field, IdFormat format) {
    return Refusal.of(
        Problem.INVALID_ID,
        field
            + switch (format) {
              case UUID -> " must be a UUID: 36 characters, lower case";
              case TEXT -> " must be text of 1 to 256 bytes without control characters";
            });
  }

  private static String encoded(String id) {
    return URLEncoder.encode(id, UTF_8).replace("+", "%20");
  }
}
