package dev.pleat.deploy.guarantees;

import java.util.List;

/**
 * One promise of Pleat, as something that looks at a run and asserts itself.
 *
 * <p>The idea is Decaton's: every test that makes a run checks every promise, and one that cannot
 * keep a promise says so.
 */
public interface Guarantee {

  /** All promises that hold for every run. */
  List<Guarantee> ALL =
      List.of(
          new OneOutcomePerCommand(),
          new AcknowledgedIsNeverLost(),
          new GaplessVersions(),
          new ViewIsTheFoldOfTheEvents());

  /**
   * Holds or fails.
   *
   * @throws AssertionError naming what was found
   */
  void check(Run run);
}
