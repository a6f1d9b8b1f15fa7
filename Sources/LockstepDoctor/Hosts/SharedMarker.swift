import Foundation

/// A locked file in the run directory, by which other hosts check whether they see the same directory and its
/// locks.
package final class SharedMarker {
    /// The file.
    package let path: String
    private let descriptor: Int32

    /// Creates and locks the file; nil if the directory is not writable, which its check reports.
    package init?(runDirectory: String) {
        path =
            RunDirectoryCheck.nearest(runDirectory)
            + "/.lockstep-marker-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
    }

    deinit {
        guard descriptor >= 0 else { return }
        unlink(path)
        close(descriptor)
    }

    /// Another host's finding about the file.
    package static func finding(_ path: String) -> Finding {
        let check = "shared directory"
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            return Finding(
                check, .warning, "the run directory here is not that of the first host",
                advice:
                    "Checkpoints are on the host of rank 0 alone: a restart without it starts from the "
                    + "beginning. Put the run directory on a file system that all hosts share."
            )
        }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            return Finding(check, .ok, "the same as on the first host; locks are shared")
        }
        return Finding(
            check, .warning, "the same as on the first host, but locks are not shared",
            advice:
                "Two runs could write it at once unnoticed: mount NFS without nolock or local_lock, and never "
                + "start two runs in one directory."
        )
    }
}
