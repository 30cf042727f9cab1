/** Joins the topology and its queries, makes the topics, and runs them. */
@NullMarked
package dev.pleat.deploy.trial;

import org.jspecify.annotations.NullMarked;
