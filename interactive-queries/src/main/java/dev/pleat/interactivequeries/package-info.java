/** How it is asked: HTTP in, a command handed over; a view looked up, here or on a peer. */
@NullMarked
package dev.pleat.interactivequeries;

import org.jspecify.annotations.NullMarked;
