#pragma once

/// Reads the memory of a child process by process_vm_readv. Returns 0, or the error number.
int lockstep_single_copy_error(void);
