/** What happens to enrolments: their rules, their view, and the binding. */
@NullMarked
package dev.pleat.topology.enrolments;

import org.jspecify.annotations.NullMarked;
