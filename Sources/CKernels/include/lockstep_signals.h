#pragma once

/// Installs handlers for SIGUSR1, SIGTERM and SIGINT that note the request to stop. A second SIGTERM or SIGINT that
/// comes later than two seconds after the first ends the process at once with the signal's usual status.
/// With `at_once` the first signal ends the process, until `lockstep_signals_defer` is called. Returns 0, or the
/// error number of the sigaction that failed.
int lockstep_signals_install(int at_once);

/// From now on the first signal is only recorded.
void lockstep_signals_defer(void);

/// The number of the first signal that asked to stop; 0 when none did.
int lockstep_signals_pending(void);

/// Gives the signals their default action back and forgets what was noted.
void lockstep_signals_remove(void);
