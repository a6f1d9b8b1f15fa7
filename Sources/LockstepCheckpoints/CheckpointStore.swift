import Foundation

/// The checkpoints of a run: `step-<number>` directories and the link `latest`. One process uses it at a time.
public struct CheckpointStore: Sendable {
    /// The directory that holds the checkpoints; it may be a link to one.
    public let directory: String

    /// The store of a directory, which need not exist yet.
    public init(_ directory: String) {
        self.directory = directory
    }

    /// A checkpoint that was refused, and why.
    public struct Refusal: Sendable, Hashable, CustomStringConvertible {
        /// The directory.
        public let directory: String
        /// What is wrong with it.
        public let reason: String

        public var description: String { "\(directory) is not used: \(reason)" }
    }

    /// A directory that may hold a checkpoint.
    struct Candidate: Sendable, Hashable {
        let step: Int
        let path: String
    }

    /// All directories that may hold checkpoints, by ascending step. All code that reads or removes checkpoints uses this list.
    ///
    /// These are the directories that are named by a step. For a step without one it may be another: the one that was
    /// being replaced when its writer was killed, or a copy in the place of the link `latest`, as `cp -rL` and zip
    /// leave it.
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

    /// The steps that have a checkpoint, damaged or not, ascending.
    public func steps() -> [Int] { candidates().map(\.step) }

    /// The directories of these checkpoints, ascending by step.
    public func directories() -> [String] { candidates().map(\.path) }

    /// The directory in which the checkpoint of a step is written.
    public func path(_ step: Int) -> String { directory + "/" + CheckpointFolder.name(step) }

    /// The newest checkpoint that is complete and undamaged, and those that were refused on the way.
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
