/** What happens to listings: their rules, their view, and the binding. */
@NullMarked
package dev.pleat.topology.listings;

import org.jspecify.annotations.NullMarked;
