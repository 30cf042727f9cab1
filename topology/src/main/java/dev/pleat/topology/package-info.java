/** What happens: a command is decided and recorded, and its events are projected. */
@NullMarked
package dev.pleat.topology;

import org.jspecify.annotations.NullMarked;
