package dev.pleat.interactivequeries;

import dev.pleat.schemas.JsonCodec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a request is answered with, before it is written to a connection.
 *
 * @param headers beside the content type, each once
 * @param body as it is sent; not written into after it is given here
 */
// An array, not a copy of one: it is made for one connection and written there.
@SuppressWarnings("ArrayRecordComponent")
record Reply(int status, String contentType, Map<String, String> headers, byte[] body)
    implements Response {

  static final String JSON = "application/json";

  Reply {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  /** A JSON object with these fields, in their order. */
  static Reply json(int status, Map<String, ?> fields) {
    return new Reply(status, JSON, Map.of(), JsonCodec.object(fields).bytes());
  }

  /** JSON that exists as bytes already. */
  static Reply json(int status, byte[] body) {
    return new Reply(status, JSON, Map.of(), body);
  }

  Reply with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Reply(status, contentType, more, body);
  }
}
