/** The vocabulary of payments. */
@NullMarked
package dev.pleat.schemas.payments;

import org.jspecify.annotations.NullMarked;
