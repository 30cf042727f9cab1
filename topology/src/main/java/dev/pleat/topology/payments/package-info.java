/** What happens to payments: their rules and the binding. */
@NullMarked
package dev.pleat.topology.payments;

import org.jspecify.annotations.NullMarked;
