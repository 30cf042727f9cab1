/** What is asked of the market, which joins listings, enrolments and payments. */
@NullMarked
package dev.pleat.schemas.market;

import org.jspecify.annotations.NullMarked;
