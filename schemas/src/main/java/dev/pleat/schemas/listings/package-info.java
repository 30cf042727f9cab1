/** The vocabulary of listings: courses with seats. */
@NullMarked
package dev.pleat.schemas.listings;

import org.jspecify.annotations.NullMarked;
