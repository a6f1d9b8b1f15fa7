internal import CMPI

/// The MPI library that is loaded.
package enum MPILibrary {
    /// Asks MPI to end all ranks; can be called on any thread. May never return.
    static let abort: @Sendable (Int32) -> Void = { code in _ = lockstep_mpi_abort(code) }

    /// Its name and version, for example `Open MPI v4.1.4` or `MPICH 4.0.2`. Needs no launcher, and does not initialize MPI.
    package static var version: String {
        var text = [CChar](repeating: 0, count: 8192)
        lockstep_mpi_library_version(&text)
        let whole = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Open MPI: "Open MPI v4.1.4, package: ..."; MPICH: "MPICH Version:\t4.0.2\nMPICH Release date:...".
        let name = whole.split { $0 == "," || $0 == "\n" }.first ?? "unknown"
        return name.split { $0.isWhitespace }.filter { $0 != "Version:" }.joined(separator: " ")
    }
}
