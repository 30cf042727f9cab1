package dev.pleat.topology.customers;

import dev.pleat.schemas.customers.Customer;
import dev.pleat.schemas.customers.CustomerCommand;
import dev.pleat.schemas.customers.CustomerEvent;
import dev.pleat.schemas.customers.CustomerSchema;
import dev.pleat.topology.Domain;
import dev.pleat.topology.EventTables;
import java.util.List;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Named;

/** The customers: their rules, their views and their effect, bound to their names. */
public final class CustomerDomain {

  public static final Domain<Customers.State, CustomerCommand, CustomerEvent> CUSTOMERS =
      Domain.of(CustomerSchema.SCHEMA)
          .decidedBy(new Customers(), Customers.State.class)
          .projectedTo(CustomerSchema.BY_EMAIL, Customer.class, new CustomerProjection())
          .derivedAs(CustomerSchema.BY_ID, Customer.class, CustomerDomain::byId)
          .foundBy(
              CustomerSchema.BY_ID,
              Customer.class,
              CustomerSchema.BY_EMAIL,
              customer -> List.of(customer.email()))
          .reactsWith(
              CustomerSchema.CHANGING_ADDRESS, ChangingAddress.State.class, new ChangingAddress())
          .does(CustomerSchema.INVITATION, new InvitationEmail())
          .build();

  private CustomerDomain() {}

  private static KTable<String, Customer> byId(EventTables events) {
    return events
        .keyedBy(
            "customer-id",
            events.table(CustomerSchema.SCHEMA, Residence.class, Residence::project),
            Residence.class,
            residence -> residence.customer().customerId(),
            Residence::moves)
        .mapValues(Residence::customer, Named.as("customers"));
  }
}
