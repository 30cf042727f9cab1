/** What is asked of the catalogue, which joins products and prices. */
@NullMarked
package dev.pleat.schemas.catalogue;

import org.jspecify.annotations.NullMarked;
