/** The vocabulary of enrolments: who wants which seat, and what comes of it. */
@NullMarked
package dev.pleat.schemas.enrolments;

import org.jspecify.annotations.NullMarked;
