package dev.pleat.schemas.customers;

import java.util.Optional;

/** A row of the customers' views: somebody who is invited. */
public record Customer(String customerId, String email, Optional<String> invitedBy) {}
