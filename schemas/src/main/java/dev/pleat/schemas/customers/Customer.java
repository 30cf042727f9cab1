package dev.pleat.schemas.customers;

import java.util.Optional;

/**
 * A row of the customers' views: somebody who is invited.
 *
 * @param invitation what became of the e-mail that says so: pending, sent or failed; empty once the
 *     customer has another address than the one it went to
 */
public record Customer(
    String customerId, String email, Optional<String> invitedBy, Optional<String> invitation) {}
