import Foundation

/// A machine as the checks see it: what they ask of the system goes through here, so that a test can hand in another one.
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

    /// What the program was built with and finds loaded.
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
        /// Whether bf16 runs can be computed.
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

    /// What one core reaches with products of large matrices, in operations per second.
    package struct ProductRates: Sendable, Equatable {
        package var float32: Double
        package var bfloat16: Double

        package init(float32: Double, bfloat16: Double) {
            self.float32 = float32
            self.bfloat16 = bfloat16
        }
    }

    /// The directory that stands for `/` where files of /proc and /sys are read.
    package var root = ""
    /// The environment variables.
    package var environment: [String: String] = [:]
    /// The processors that this process may use by its affinity.
    package var usableProcessors = 1
    /// The processors of the machine.
    package var processors = 1
    /// The number of ranks that are to run here; nil when nobody said.
    package var slots: Int?
    /// The run directory, which need not exist; nil when nobody said.
    package var runDirectory: String?
    /// The versions in use.
    package var libraries: Libraries
    /// The addresses of the interfaces that are up, the loopback left out.
    package var addresses: [Address] = []
    /// Size and free space of the file system of a path.
    package var volume: @Sendable (String) -> Volume? = { _ in nil }
    /// The first line that a program on the path writes, whatever its status; nil when there is no such program.
    package var firstLine: @Sendable (_ program: String, _ arguments: [String]) -> String? = { _, _ in nil }
    /// Whether this process can read another's memory by process_vm_readv; else the system's reason.
    package var memoryOfOthers: @Sendable () -> String? = { nil }

    /// Measures products of matrices in both precisions; nil where bf16 runs cannot be computed.
    package var productRates: @Sendable () -> ProductRates? = { nil }

    package init(libraries: Libraries) { self.libraries = libraries }

    /// The text of a file below `root`, without white space at its ends; nil when it cannot be read.
    package func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: root + path) else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The ranks that are to run here: as many as was said, or one for each processor.
    var expectedRanks: Int { slots ?? grantedProcessors }
}
