package dev.pleat.deploy.trial;

import dev.pleat.interactivequeries.Answer;
import dev.pleat.interactivequeries.Answer.Unavailable;
import dev.pleat.schemas.DomainSchema.View;

/** What a trial does not have, and where it is to be had. */
final class Absent {

  private Absent() {}

  /** A view that is made in the Kafka Streams DSL. */
  static <T> Answer<T> view(View view) {
    return because(viewDetail(view));
  }

  static String viewDetail(View view) {
    return "the view "
        + view.name()
        + " is derived by Kafka Streams, which a trial in memory does"
        + " without; pleat serve has it";
  }

  static <T> Answer<T> because(String detail) {
    return new Unavailable<>(Answer.NOT_OFFERED, detail);
  }
}
