/** What happens to customers: their rules, their views, and the binding. */
@NullMarked
package dev.pleat.topology.customers;

import org.jspecify.annotations.NullMarked;
