package dev.pleat.deploy;

import static dev.pleat.deploy.DomainPart.Kind.VIEW;

import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code pleat views}: asks a running Pleat about its views, and lets them go on. */
final class ViewsCommand {

  private static final String BUILDING = "building";

  private ViewsCommand() {}

  /** The command and what it takes. */
  static CommandSpec spec() {
    CommandSpec views =
        RunningServer.command(
            "views", "Lists the views: version, generation, position, lag, where they stopped.");
    views.addSubcommand(
        "continue",
        VIEW.named(
            RunningServer.command(
                "continue",
                "Lets a stopped view fold the event again at which it stopped: after a mend.")));
    views.addSubcommand(
        "skip",
        VIEW.named(
            RunningServer.command(
                "skip",
                "Lets a stopped view go on without the event at which it stopped: its rows will"
                    + " lack it.")));
    views.addSubcommand(
        "rebuild",
        VIEW.named(
                RunningServer.command(
                    "rebuild",
                    "Makes a view anew from the events while it goes on serving, and switches when"
                        + " the new one shows as much. Ended by Ctrl-C, only the display ends."))
            .addOption(
                RunningServer.rate("EVENTS", "The most events each process reads a second")));
    views.addSubcommand(
        "cancel",
        VIEW.named(
            RunningServer.command(
                "cancel", "Gives up a rebuild and deletes what there is of it.")));
    return views;
  }

  /** Runs it, and returns the exit code. */
  static int run(ParseResult line, PrintStream out, PrintStream err) {
    return VIEW.run(line, out, err, ViewsCommand::list, ViewsCommand::onOne);
  }

  private static int onOne(RunningServer asked, DomainPart view, ParseResult line)
      throws IOException, InterruptedException {
    String verb = line.commandSpec().name();
    return switch (verb) {
      case "rebuild" -> rebuild(asked, view, line);
      case "cancel" -> cancel(asked, view);
      default -> view.resume(asked, verb);
    };
  }

  private static int list(RunningServer asked) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = asked.get("views");
    if (answer.statusCode() != 200) {
      return asked.failed(answer, VIEW.hint());
    }
    PrintStream out = asked.out();
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"VIEW", "VERSION", "GENERATION", "STATUS", "POSITION", "LAG", ""});
    for (Map<?, ?> view : RunningServer.maps(RunningServer.fields(answer.body()).get("views"))) {
      rows.add(row(view));
    }
    RunningServer.table(out, rows);
    return 0;
  }

  private static String[] row(Map<?, ?> view) {
    Progress progress = Progress.of(view);
    List<String> notes = new ArrayList<>();
    boolean building = String.valueOf(view.get("status")).startsWith(BUILDING);
    if (building) {
      notes.add(progress.percent() + " %");
    }
    Optional.ofNullable(view.get("events-per-second"))
        .ifPresent(rate -> notes.add("at most " + rate + " events/s"));
    Optional.ofNullable(view.get("reason")).ifPresent(reason -> notes.add(reason.toString()));
    notes.addAll(stops(view));
    boolean known = building || progress.known();
    return new String[] {
      view.get("domain") + "/" + view.get("view"),
      String.valueOf(view.get("version")),
      String.valueOf(view.get("generation")),
      String.valueOf(view.get("status")),
      known ? String.valueOf(progress.position()) : "unknown",
      known ? String.valueOf(progress.lag()) : "unknown",
      String.join("; ", notes)
    };
  }

  /** Where a view has stopped, and why. */
  private static List<String> stops(Map<?, ?> view) {
    List<String> stops = new ArrayList<>();
    for (Map<?, ?> part : RunningServer.maps(view.get("partitions"))) {
      if (part.get("stopped") instanceof Map<?, ?> stopped) {
        stops.add(
            "stopped at %s-%s offset %s: %s: %s"
                .formatted(
                    part.get("topic"),
                    part.get("partition"),
                    stopped.get("offset"),
                    stopped.get("reason"),
                    stopped.get("detail")));
      }
    }
    return stops;
  }

  /**
   * How far a generation has come.
   *
   * @param known whether that is known of every partition
   * @param position offsets that are processed, over all partitions
   */
  private record Progress(boolean known, long position, long lag) {

    static Progress of(Map<?, ?> view) {
      long position = 0;
      long lag = 0;
      List<Map<?, ?>> parts = RunningServer.maps(view.get("partitions"));
      boolean known = !parts.isEmpty();
      for (Map<?, ?> part : parts) {
        long at = part.get("position") instanceof Number number ? number.longValue() : 0;
        long end = part.get("end") instanceof Number number ? number.longValue() : 0;
        known &= part.get("position") instanceof Number;
        position += at;
        lag += Math.max(0, end - at);
      }
      return new Progress(known, position, lag);
    }

    long percent() {
      return position + lag == 0 ? 0 : 100 * position / (position + lag);
    }
  }

  private static int cancel(RunningServer asked, DomainPart view)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer = view.post(asked, "cancel", "{}");
    if (answer.statusCode() != 202) {
      return asked.failed(answer, VIEW.hint());
    }
    asked
        .out()
        .println(
            "Gives up generation " + RunningServer.fields(answer.body()).get("generation") + ".");
    return 0;
  }

  private static int rebuild(RunningServer asked, DomainPart view, ParseResult line)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        view.post(asked, "rebuild", RunningServer.rateOf(line, "events-per-second"));
    if (answer.statusCode() != 202) {
      return asked.failed(answer, VIEW.hint());
    }
    String number = String.valueOf(RunningServer.fields(answer.body()).get("generation"));
    asked.out().println("Builds generation " + number + "; it goes on if this is ended.");
    return follow(asked, view, number);
  }

  private static boolean is(DomainPart view, Map<?, ?> report) {
    return view.domain().equals(report.get("domain")) && view.name().equals(report.get("view"));
  }

  /** Shows how far a generation has come until it serves or is gone. */
  private static int follow(RunningServer asked, DomainPart view, String number)
      throws IOException, InterruptedException {
    ProgressBar bar = asked.progressBar();
    Optional<String> trouble = Optional.empty();
    while (true) {
      HttpResponse<byte[]> answer = asked.get("views");
      if (answer.statusCode() != 200) {
        return asked.failed(answer, VIEW.hint());
      }
      Optional<Map<?, ?>> generation = Optional.empty();
      for (Map<?, ?> each : RunningServer.maps(RunningServer.fields(answer.body()).get("views"))) {
        if (is(view, each) && number.equals(String.valueOf(each.get("generation")))) {
          generation = Optional.of(each);
        }
      }
      if (generation.isEmpty()) {
        bar.end();
        asked.err().println("pleat: generation " + number + " was given up");
        return RunningServer.FAILED;
      }
      Optional<String> reason =
          Optional.ofNullable(generation.get().get("reason")).map(String::valueOf);
      if (reason.isPresent() && !reason.equals(trouble)) {
        asked.out().println("Generation " + number + " does not run yet: " + reason.get());
      }
      trouble = reason;
      String status = String.valueOf(generation.get().get("status"));
      Progress progress = Progress.of(generation.get());
      if (status.equals(BUILDING) || status.equals("not here")) {
        bar.show(progress.position(), progress.position() + progress.lag());
        Thread.sleep(RunningServer.LOOK_AGAIN);
      } else if (status.startsWith(BUILDING)) {
        bar.end();
        stops(generation.get()).forEach(stop -> asked.err().println("pleat: " + stop));
        asked.err().println("pleat: let it go on with pleat views continue or skip");
        return RunningServer.FAILED;
      } else {
        bar.show(progress.position(), progress.position() + progress.lag());
        bar.end();
        asked.out().println("Generation " + number + " serves.");
        return 0;
      }
    }
  }
}
