import Foundation

/// A machine as the checks see it: all system queries go through here, so that tests can substitute another
/// one.
package struct Machine: Sendable {
    /// A file system's size and free space, in bytes.
    package struct Volume: Sendable, Equatable {
        package var size: Int
        package var free: Int

        package init(size: Int, free: Int) {
            self.size = size
            self.free = free
        }
    }

    /// An address of a network interface that is up.
    package struct Address: Sendable, Equatable {
        package var interface: String
        package var address: String

        package init(interface: String, address: String) {
            self.interface = interface
            self.address = address
        }
    }

    /// The libraries that the program was built with and has loaded.
    package struct Libraries: Sendable, Equatable {
        /// The version of lockstep.
        package var lockstep: String
        /// The MPI library, for example `Open MPI v4.1.4`.
        package var mpi: String
        /// oneDNN, for example `oneDNN 2.6.3`.
        package var compute: String
        /// Whether oneDNN's headers had the same major version.
        package var computeMatchesHeaders: Bool
        /// The instructions that oneDNN uses.
        package var instructions: String
        /// Whether bf16 is supported.
        package var hasBFloat16: Bool

        package init(
            lockstep: String, mpi: String, compute: String, computeMatchesHeaders: Bool, instructions: String,
            hasBFloat16: Bool
        ) {
            self.lockstep = lockstep
            self.mpi = mpi
            self.compute = compute
            self.computeMatchesHeaders = computeMatchesHeaders
            self.instructions = instructions
            self.hasBFloat16 = hasBFloat16
        }
    }

    /// The speed of large matrix products on one core, in operations per second.
    package struct ProductRates: Sendable, Equatable {
        package var float32: Double
        package var bfloat16: Double

        package init(float32: Double, bfloat16: Double) {
            self.float32 = float32
            self.bfloat16 = bfloat16
        }
    }

    /// The root directory for files of /proc and /sys.
    package var root = ""
    /// The environment variables.
    package var environment: [String: String] = [:]
    /// The number of processors in this process's affinity mask.
    package var usableProcessors = 1
    /// The number of processors of the machine.
    package var processors = 1
    /// The number of ranks to run here; nil if not given.
    package var slots: Int?
    /// The run directory, which need not exist; nil if not given.
    package var runDirectory: String?
    /// The versions in use.
    package var libraries: Libraries
    /// The addresses of the interfaces that are up, without loopback.
    package var addresses: [Address] = []
    /// Size and free space of the file system of a path.
    package var volume: @Sendable (String) -> Volume? = { _ in nil }
    /// The first line that a program prints, whatever its status; nil if there is no such program.
    package var firstLine: @Sendable (_ program: String, _ arguments: [String]) -> String? = { _, _ in nil }
    /// nil if this process can read another's memory by process_vm_readv; otherwise the system's reason.
    package var memoryOfOthers: @Sendable () -> String? = { nil }

    /// Measures matrix products in both precisions; nil without bf16 support.
    package var productRates: @Sendable () -> ProductRates? = { nil }

    package init(libraries: Libraries) { self.libraries = libraries }

    /// The text of a file below `root`, without surrounding white space; nil if it cannot be read.
    package func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: root + path) else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The number of ranks to run here: as given, or one per processor.
    var expectedRanks: Int { slots ?? grantedProcessors }
}
