/** The catalogue: a view of products joined with prices. */
@NullMarked
package dev.pleat.topology.catalogue;

import org.jspecify.annotations.NullMarked;
