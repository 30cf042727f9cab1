package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.DeclaredPolicy;
import dev.pleat.schemas.StoppedView;
import java.util.List;

/** What an operator can do with the policies of this process. */
@FunctionalInterface
public interface PolicyOperations {

  /**
   * Lets a policy go on wherever it has stopped in this process.
   *
   * @param skip whether the event at which it stopped is left out; else it is reacted to again
   * @return the marks at which it goes on; empty if it has stopped nowhere here
   */
  List<StoppedView> resume(DomainSchema<?, ?> schema, DeclaredPolicy policy, boolean skip);
}
