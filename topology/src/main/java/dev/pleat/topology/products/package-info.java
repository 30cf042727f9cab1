/** What happens to products: their rules, and their binding. */
@NullMarked
package dev.pleat.topology.products;

import org.jspecify.annotations.NullMarked;
