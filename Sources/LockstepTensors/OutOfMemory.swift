import Glibc

/// The end of a process that does not get the memory it needs.
package enum OutOfMemory {
    /// Says how much was asked for and what to do, and ends the process with status 1: mpirun then ends the other ranks.
    package static func end(byteCount: Int, reason: String) -> Never {
        let mebibytes = (byteCount + (1 << 20) - 1) >> 20
        let message =
            "lockstep: no memory for \(mebibytes) MiB (\(reason)). Take a smaller batch, more shards (each rank then "
            + "computes a step in smaller parts), a shorter context or a smaller model, or start fewer ranks on this host.\n"
        _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        // Nothing of this process is worth an orderly end, which might need memory.
        _exit(1)
    }
}
