/** The products' vocabulary: what they are told, and what happens to them. */
@NullMarked
package dev.pleat.schemas.products;

import org.jspecify.annotations.NullMarked;
