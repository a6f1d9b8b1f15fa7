#pragma once

/// Installs handlers for SIGUSR1, SIGTERM and SIGINT that record the request to stop. A second SIGTERM or
/// SIGINT, at least two seconds after the first, ends the process at once with the signal's default status.
/// With `at_once` the first signal ends the process until `lockstep_signals_defer` is called. Returns 0, or
/// the error number of the failed sigaction.
int lockstep_signals_install(int at_once);

/// Later signals are only recorded.
void lockstep_signals_defer(void);

/// The number of the first signal; 0 for none.
int lockstep_signals_pending(void);

/// Restores the signals' default actions and discards the recorded signal.
void lockstep_signals_remove(void);
