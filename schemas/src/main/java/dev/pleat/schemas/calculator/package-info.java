/** The calculator's vocabulary: what it is told, what happens in it, what it is asked. */
@NullMarked
package dev.pleat.schemas.calculator;

import org.jspecify.annotations.NullMarked;
