import Glibc
import LockstepContracts

/// Ends a process that cannot allocate the memory it needs.
package enum OutOfMemory {
    /// Prints how much was requested and what to do, and exits with status 1; mpirun then ends the other
    /// ranks.
    package static func end(byteCount: Int, reason: String) -> Never {
        let mebibytes = (byteCount + (1 << 20) - 1) >> 20
        let message =
            "\(ProgramName.text): no memory for \(mebibytes) MiB (\(reason)). Use a smaller batch, more shards (each rank then "
            + "computes a step in smaller parts), a shorter context or a smaller model, or start fewer ranks on this host.\n"
        _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        // Exit at once: an orderly exit might need memory.
        _exit(1)
    }
}
