/** What happens in the calculator: its rules, its view, and their binding. */
@NullMarked
package dev.pleat.topology.calculator;

import org.jspecify.annotations.NullMarked;
