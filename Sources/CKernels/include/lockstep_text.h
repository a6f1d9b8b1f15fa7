#pragma once

// Numbers as text, without heap allocation: run logs are written inside the training loop.

/// The buffer size for these functions, in bytes.
enum { LOCKSTEP_NUMBER_TEXT = 48 };

/// Writes the shortest decimal text that reads back as the same bits; returns its length. `value` must be
/// finite.
int lockstep_format_exact(double value, char *text);

/// Writes `value` with this many decimals (at most 12), or in scientific notation where that would be longer
/// than 16 digits; returns the length.
int lockstep_format_decimals(double value, int decimals, char *text);

/// Writes `value` with this many significant digits (at most 17); returns the length.
int lockstep_format_digits(double value, int digits, char *text);
