/** The vocabulary: commands, events, views, and their bytes. */
@NullMarked
package dev.pleat.schemas;

import org.jspecify.annotations.NullMarked;
