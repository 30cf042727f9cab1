/** What happens to prices: their rules, their view, and their binding. */
@NullMarked
package dev.pleat.topology.prices;

import org.jspecify.annotations.NullMarked;
