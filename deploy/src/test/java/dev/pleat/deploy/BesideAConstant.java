package dev.pleat.deploy;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;

/**
 * {@code pleat}, and in the same process a server of the web framework alone that always answers
 * the same, as the framework's own documentation has it: what reads are measured beside. It says
 * where that is before anything else.
 */
final class BesideAConstant {

  /** What the line begins with that says where the constant is. */
  static final String LABEL = "Constant";

  private BesideAConstant() {}

  /** Takes the arguments of {@code pleat}. */
  public static void main(String[] arguments) {
    Javalin constant =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.startup.showOldJavalinVersionWarning = false;
              config.concurrency.useVirtualThreads = true;
              config.http.compressionStrategy = CompressionStrategy.NONE;
              config.routes.get(
                  "/constant",
                  request -> request.contentType("application/json").result("{\"status\":\"up\"}"));
            });
    constant.start("127.0.0.1", 0);
    System.out.println(LABEL + " http://127.0.0.1:" + constant.port());
    Main.main(arguments);
  }
}
