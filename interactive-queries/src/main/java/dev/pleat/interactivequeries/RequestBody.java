package dev.pleat.interactivequeries;

import dev.pleat.schemas.JsonCodec;
import dev.pleat.schemas.JsonCodec.JsonObject;
import dev.pleat.schemas.UnreadableMessage;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;

/** The body of a request: one JSON object, of bounded size. */
final class RequestBody {

  static final int MAX_BODY_BYTES = 256 * 1024;

  private RequestBody() {}

  /** Reads it, and refuses anything else. */
  static JsonObject read(Context request) throws IOException {
    RequestHeaders.requireJsonBody(request);
    byte[] body = bytes(request);
    if (body.length == 0) {
      throw Refusal.of(
          Problem.MALFORMED_JSON, "the body is empty: send a JSON object, {} at least");
    }
    try {
      return JsonCodec.readObject(body);
    } catch (UnreadableMessage e) {
      throw Refusal.of(Problem.MALFORMED_JSON, e.detail());
    }
  }

  private static byte[] bytes(Context request) throws IOException {
    Refusal tooLarge =
        Refusal.of(
            Problem.BODY_TOO_LARGE, "the body may have " + MAX_BODY_BYTES + " bytes at most");
    // A client that asks before it sends is told at once; reading would tell it to go on.
    boolean asksFirst = !RequestHeaders.all(request, "Expect").isEmpty();
    if (asksFirst && request.req().getContentLengthLong() > MAX_BODY_BYTES) {
      throw tooLarge;
    }
    InputStream in = request.req().getInputStream();
    byte[] bytes = in.readNBytes(MAX_BODY_BYTES + 1);
    if (bytes.length > MAX_BODY_BYTES) {
      throw tooLarge;
    }
    return bytes;
  }
}
