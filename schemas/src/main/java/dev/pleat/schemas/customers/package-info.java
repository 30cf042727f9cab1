/** The customers' vocabulary: what they are told, what happens to them, what is asked of them. */
@NullMarked
package dev.pleat.schemas.customers;

import org.jspecify.annotations.NullMarked;
