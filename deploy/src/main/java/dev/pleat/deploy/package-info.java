/** Joins the topology and its queries, makes the topics, and runs them. */
@NullMarked
package dev.pleat.deploy;

import org.jspecify.annotations.NullMarked;
