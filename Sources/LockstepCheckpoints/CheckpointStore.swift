import Foundation

/// The checkpoints of a run: directories `step-<number>` and the link `latest`. Used by one process at a time.
public struct CheckpointStore: Sendable {
    /// The directory that holds the checkpoints; it may be a link to one.
    public let directory: String

    /// Makes the store of a directory, which need not exist yet.
    public init(_ directory: String) {
        self.directory = directory
    }

    /// A checkpoint that was refused, and why.
    public struct Refusal: Sendable, Hashable, CustomStringConvertible {
        /// The directory.
        public let directory: String
        /// Why it was refused.
        public let reason: String

        public var description: String { "\(directory) is not used: \(reason)" }
    }

    /// A directory that may hold a checkpoint.
    struct Candidate: Sendable, Hashable {
        let step: Int
        let path: String
    }

    /// All directories that may hold checkpoints, sorted by step. All code that reads or removes checkpoints uses this list.
    ///
    /// These are the directories that are named by a step. For a step without such a directory, it may be the one that was
    /// being replaced when its writer was killed, or a copy at the path of the link `latest`, as `cp -rL` and zip
    /// create it.
    func candidates() -> [Candidate] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        func candidate(_ step: Int, _ name: String) -> Candidate? {
            let path = "\(directory)/\(name)"
            return FileManager.default.fileExists(atPath: path + "/.")
                ? Candidate(step: step, path: path) : nil
        }
        var found: [Int: Candidate] = [:]
        for name in names {
            if let step = CheckpointFolder.step(of: name) { found[step] = candidate(step, name) }
        }
        for name in names {
            guard let step = CheckpointFolder.replacedStep(of: name), found[step] == nil else { continue }
            found[step] = candidate(step, name)
        }
        let latest = "\(directory)/\(CheckpointFolder.latest)"
        if CheckpointFolder.isFolder(latest), let step = (try? Manifest(reading: latest))?.step,
            found[step] == nil
        {
            found[step] = candidate(step, CheckpointFolder.latest)
        }
        return found.values.sorted { $0.step < $1.step }
    }

    /// The steps that have a checkpoint, damaged or not, in ascending order.
    public func steps() -> [Int] { candidates().map(\.step) }

    /// The directories of these checkpoints, sorted by step.
    public func directories() -> [String] { candidates().map(\.path) }

    /// The directory of the checkpoint of a step.
    public func path(_ step: Int) -> String { directory + "/" + CheckpointFolder.name(step) }

    /// The newest complete and undamaged checkpoint, and the newer ones that were refused.
    public func newestComplete() -> (checkpoint: Checkpoint?, refused: [Refusal]) {
        var refused: [Refusal] = []
        for candidate in candidates().reversed() {
            do throws(CheckpointError) {
                return (try Checkpoint(verifying: candidate.path), refused)
            } catch {
                refused.append(Refusal(directory: candidate.path, reason: "\(error)"))
            }
        }
        return (nil, refused)
    }
}
