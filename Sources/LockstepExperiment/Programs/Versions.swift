import Foundation
import LockstepCollectives
import LockstepOperations
import LockstepRunLog

/// The versions that the results of a run depend on besides its configuration.
public enum Versions {
    /// The version of this package.
    public static let lockstep = "0.1.0"

    /// Compiler and libraries, as in `Swift 6.3, oneDNN 2.6.3, Open MPI v4.1.4`. Does not initialize MPI.
    package static var buildDescription: String {
        "Swift \(compiler), \(ComputeLibrary.version), \(MPILibrary.version)"
    }

    private static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #else
            "6.3"
        #endif
    }

    /// The manifest key for the name of the program that trained a checkpoint, if it is not `lockstep`.
    package static let programKey = "program"

    /// Package, libraries and processor, for manifests and summaries.
    public static func all(communicator: Communicator) -> [RunSummary.Version] {
        [
            .init("lockstep", lockstep), .init("compute", ComputeLibrary.version),
            .init("mpi", communicator.libraryVersion ?? "none"), .init("processor", processor),
        ]
    }

    /// The processor's name from the kernel.
    package static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        func field(_ name: String) -> String? {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let name = field("model name") ?? "unknown"
        guard let family = field("cpu family"), let model = field("model\t") else { return name }
        return "\(name) (family \(family), model \(model))"
    }
}
