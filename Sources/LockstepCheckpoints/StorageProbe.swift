import Glibc
import LockstepFiles

/// Detects operations of checkpoints that a file system does not support, before the first step.
public struct StorageProbe: Sendable {
    /// An unsupported operation, and its consequence.
    public struct Lack: Sendable, Hashable, CustomStringConvertible {
        /// The operation, such as `symlink`.
        public let operation: String
        /// The system's error number.
        public let code: Int32
        /// The consequence.
        public let consequence: String

        public var description: String {
            "\(operation) fails: \(String(cString: strerror(code))) (\(ErrorNumber.name(code))). \(consequence)"
        }
    }

    /// Whether the file system supports the link `latest`.
    public var hasLinks: Bool { !lacks.contains { $0.operation == StorageProbe.link } }
    private static let link = "symlink"

    /// The unsupported operations.
    public private(set) var lacks: [Lack] = []

    /// Tries the operations of a writer in a folder of checkpoints (created if missing), and leaves no files behind.
    /// - Throws: `CheckpointError.system` for operations that checkpoints require.
    public init(_ directory: String) throws(CheckpointError) {
        if access(directory, F_OK) != 0 { try SystemCalls.makeDirectories(directory) }
        let (folder, renamed) = (
            directory + "/" + CheckpointFolder.probe, directory + "/" + CheckpointFolder.renamedProbe
        )
        for path in [folder, renamed] { try CheckpointFolder.clear(path) }
        try SystemCalls.makeDirectory(folder)
        do throws(CheckpointError) {
            try probeFile(folder + "/state.json")
            try probeDirectory(folder)
            try SystemCalls.rename(folder, to: renamed)
        } catch {
            try? CheckpointFolder.remove(folder)
            throw error
        }
        try CheckpointFolder.remove(renamed)
        probeLink(directory + "/" + CheckpointFolder.probeLink)
    }

    private mutating func probeFile(_ path: String) throws(CheckpointError) {
        let descriptor = try SystemCalls.open(path, O_WRONLY | O_CREAT | O_EXCL)
        defer { close(descriptor) }
        try [UInt8](repeating: 0x5A, count: 4096).withBytes { (raw) throws(CheckpointError) in
            try SystemCalls.writeAll(descriptor, raw, path: path)
        }
        try probeSync(descriptor, path, "fsync of a file")
    }

    private mutating func probeDirectory(_ path: String) throws(CheckpointError) {
        let descriptor = try SystemCalls.open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        try probeSync(descriptor, path, "fsync of a directory")
    }

    private mutating func probeSync(
        _ descriptor: Int32, _ path: String, _ operation: String
    ) throws(CheckpointError) {
        while fsync(descriptor) != 0 {
            if errno == EINTR { continue }
            guard ErrorNumber.isUnsupported(errno) else { throw SystemCalls.failure("fsync", path) }
            lacks.append(
                Lack(
                    operation: operation, code: errno,
                    consequence:
                        "If the machine loses power, the newest checkpoint may be lost; damaged checkpoints are still detected."
                ))
            return
        }
    }

    private mutating func probeLink(_ path: String) {
        // A link at this path belongs to the user: `putInOrder` has removed leftovers of a killed probe.
        guard CheckpointFolder.kind(path) == nil else { return }
        if symlink(CheckpointFolder.name(0), path) == 0 {
            unlink(path)
            return
        }
        lacks.append(
            Lack(
                operation: StorageProbe.link, code: errno,
                consequence:
                    "There will be no checkpoints/latest; --resume, evaluate, predict and inspect find the newest checkpoint without it."
            ))
    }
}
