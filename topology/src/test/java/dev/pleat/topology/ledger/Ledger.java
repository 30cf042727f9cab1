package dev.pleat.topology.ledger;

import dev.pleat.schemas.CommandContext;
import dev.pleat.schemas.DomainSchema;
import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.topology.Decider;
import dev.pleat.topology.Decision;
import dev.pleat.topology.Domain;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;

/**
 * A domain whose messages were once others: a deposit was {@code {account, amount}} in whole units,
 * then {@code {account, cents}}, and now says its currency too.
 */
public final class Ledger implements Decider<Ledger.Balance, Ledger.Command, Ledger.Event> {

  /** What can be asked of an account. */
  public sealed interface Command {
    /** Puts money in. */
    record Deposit(String account, long cents, String currency) implements Command {}
  }

  /** What can have happened to an account. */
  public sealed interface Event {
    /** Money was put in. */
    record Deposited(String account, long cents, String currency) implements Event {}
  }

  /** What is remembered of an account. */
  public record Balance(long cents) {}

  /** A row. */
  public record BalanceRow(String account, long cents, String currency) {}

  public static final DomainSchema<Command, Event> SCHEMA =
      DomainSchema.of("ledger", Command.class, Event.class)
          .identifiedBy("account", IdFormat.TEXT)
          .action(Command.Deposit.class)
          .upcast("Deposit", 1, Ledger::inCents)
          .upcast("Deposit", 2, Ledger::inEuro)
          .upcast("Deposited", 1, Ledger::inCents)
          .upcast("Deposited", 2, Ledger::inEuro)
          .view("balances", BalanceRow.class)
          .build();

  public static final Domain<Balance, Command, Event> LEDGER =
      Domain.of(SCHEMA)
          .decidedBy(new Ledger(), Balance.class)
          .projectedTo("balances", BalanceRow.class, Ledger::project)
          .build();

  private static Map<String, Object> inCents(Map<String, Object> data) {
    if (!(data.remove("amount") instanceof Number amount)) {
      throw new IllegalArgumentException("there is no amount");
    }
    data.put("cents", new BigDecimal(amount.toString()).movePointRight(2).longValueExact());
    return data;
  }

  private static Map<String, Object> inEuro(Map<String, Object> data) {
    data.put("currency", "EUR");
    return data;
  }

  @Override
  public Balance initialState() {
    return new Balance(0);
  }

  @Override
  public Decision<Event> decide(Balance balance, Command command, CommandContext context) {
    return switch (command) {
      case Command.Deposit deposit ->
          Decision.accept(
              new Event.Deposited(deposit.account(), deposit.cents(), deposit.currency()));
    };
  }

  @Override
  public Balance evolve(Balance balance, Event event) {
    return switch (event) {
      case Event.Deposited deposited -> new Balance(balance.cents() + deposited.cents());
    };
  }

  @Override
  public int stateVersion() {
    return 1;
  }

  private static Optional<BalanceRow> project(Optional<BalanceRow> row, Event event) {
    return switch (event) {
      case Event.Deposited deposited ->
          Optional.of(
              new BalanceRow(
                  deposited.account(),
                  row.map(BalanceRow::cents).orElse(0L) + deposited.cents(),
                  deposited.currency()));
    };
  }
}
