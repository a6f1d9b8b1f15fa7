import Foundation
import Glibc
import LockstepText

/// The names that this program uses in a folder of checkpoints. It never removes anything else there.
enum CheckpointFolder {
    /// The files of every checkpoint besides the manifest.
    static let fileNames = ["model.safetensors", "optimizer.safetensors", "state.json"]
    private static let allNames = Set(fileNames + ["manifest.json"])

    /// The link to the newest checkpoint, and its temporary name before it is renamed.
    static let latest = "latest"
    static let nextLatest = ".latest"
    /// A copy of a checkpoint that was found at the path of the link.
    static let removedLatest = ".removed-latest"
    /// The same for the link to the checkpoint of the best evaluation.
    static let best = "best"
    static let nextBest = ".best"
    static let removedBest = ".removed-best"
    /// The temporary names of `StorageProbe`.
    static let probe = ".probe"
    static let renamedProbe = ".removed-probe"
    static let probeLink = ".probe-latest"

    /// The name of a step's folder.
    static func name(_ step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// The step in a folder's name; nil for any other name, including similar ones.
    static func step(of name: String) -> Int? {
        guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0, self.name(step) == name
        else { return nil }
        return step
    }

    /// A checkpoint that is being written.
    static func partial(_ step: Int) -> String { ".\(name(step)).partial" }
    /// A checkpoint that is being replaced: for a moment, neither the old nor the new one has a checkpoint's name.
    static func replaced(_ step: Int) -> String { ".replaced-\(name(step))" }
    /// A checkpoint that is being removed.
    static func removed(_ step: Int) -> String { ".removed-\(name(step))" }

    /// The step of a checkpoint that is being replaced; nil for any other name.
    static func replacedStep(of name: String) -> Int? {
        name.hasPrefix(".replaced-") ? step(of: String(name.dropFirst(10))) : nil
    }

    /// Whether a name is that of a folder that a killed writer leaves behind.
    static func isRemains(_ name: String) -> Bool {
        if [removedLatest, removedBest, probe, renamedProbe].contains(name) || replacedStep(of: name) != nil {
            return true
        }
        if name.hasPrefix(".removed-") { return step(of: String(name.dropFirst(9))) != nil }
        return name.hasPrefix(".") && name.hasSuffix(".partial")
            && step(of: String(name.dropFirst().dropLast(8))) != nil
    }

    /// Whether the path is a folder, not a link to one.
    static func isFolder(_ path: String) -> Bool { kind(path) == S_IFDIR }

    /// The kind of file at a path, without following links; nil if there is none.
    static func kind(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// Why a folder does not contain exactly the files of a checkpoint, complete or partial; nil if it does.
    static func foreign(in path: String) -> String? {
        guard isFolder(path) else { return "it is not a folder" }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            return "it cannot be read"
        }
        // NFS renames a removed file that is still open to such a name, and removes it later.
        for name in names.sorted() where !name.hasPrefix(".nfs") {
            guard allNames.contains(name), kind(path + "/" + name) == S_IFREG else {
                return "it contains '\(name.printable)', which is not a file of a checkpoint"
            }
        }
        return nil
    }

    /// Removes a folder that contains only files of a checkpoint.
    /// - Throws: `CheckpointError.foreign`, without removing anything, if it contains anything else.
    static func remove(_ path: String) throws(CheckpointError) {
        if let reason = foreign(in: path) { throw .foreign(path: path, reason: reason) }
        for name in allNames where unlink(path + "/" + name) != 0 && errno != ENOENT {
            throw SystemCalls.failure("unlink", path + "/" + name)
        }
        if rmdir(path) != 0 { throw SystemCalls.failure("rmdir", path) }
    }

    /// Frees a path: removes a checkpoint folder, and renames anything else to a visible name.
    static func clear(_ path: String) throws(CheckpointError) {
        guard kind(path) != nil else { return }
        if foreign(in: path) == nil { return try remove(path) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let name = parts.last.map { $0.drop { $0 == "." } } ?? ""
        let base = (parts.dropLast() + [name]).joined(separator: "/")
        var number = 1
        while kind("\(base).replaced-\(number)") != nil { number += 1 }
        try SystemCalls.rename(path, to: "\(base).replaced-\(number)")
    }
}
