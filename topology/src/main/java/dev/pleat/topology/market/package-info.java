/** The market: what follows between listings, enrolments and payments, and its views. */
@NullMarked
package dev.pleat.topology.market;

import org.jspecify.annotations.NullMarked;
