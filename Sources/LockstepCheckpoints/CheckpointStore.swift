import Foundation

/// The checkpoints of a run: `step-<number>` directories and the link `latest`. One process uses it at a time.
public struct CheckpointStore: Sendable {
    /// The directory that holds the checkpoints.
    public let directory: String

    /// The store of a directory, which need not exist yet.
    public init(_ directory: String) {
        self.directory = directory
    }

    /// A checkpoint that was not trusted, and why.
    public struct Refusal: Sendable, Hashable, CustomStringConvertible {
        /// The directory.
        public let directory: String
        /// What is wrong with it.
        public let reason: String

        public var description: String { "\(directory) is not used: \(reason)" }
    }

    /// The name of a step's directory.
    static func name(_ step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// The steps that have a directory, ascending.
    public func steps() -> [Int] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return entries.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }.sorted()
    }

    /// The directory of a step.
    public func path(_ step: Int) -> String { directory + "/" + CheckpointStore.name(step) }

    /// The newest checkpoint that is complete and undamaged, and those that were refused on the way.
    public func newestComplete() -> (checkpoint: Checkpoint?, refused: [Refusal]) {
        var refused: [Refusal] = []
        for step in steps().reversed() {
            do throws(CheckpointError) {
                return (try Checkpoint(verifying: path(step)), refused)
            } catch {
                refused.append(Refusal(directory: path(step), reason: "\(error)"))
            }
        }
        return (nil, refused)
    }

    /// Removes what killed writers left behind.
    public func removeRemains() {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for entry in entries where entry.hasPrefix(".") {
            try? FileManager.default.removeItem(atPath: directory + "/" + entry)
        }
    }

    /// Removes old checkpoints.
    /// - Parameters:
    ///   - keep: how many of the newest stay.
    ///   - protected: steps that stay in any case.
    /// - Throws: why one could not be removed, when all others are.
    public func removeOld(keep: Int, protected: Set<Int> = []) throws(CheckpointError) {
        var failure: CheckpointError?
        for step in steps().dropLast(keep) where !protected.contains(step) {
            // Renamed first, so that a half-removed directory never has a checkpoint's name.
            let hidden = directory + "/.removed-" + CheckpointStore.name(step)
            do throws(CheckpointError) {
                try SystemCalls.rename(path(step), to: hidden)
                try? FileManager.default.removeItem(atPath: hidden)
            } catch {
                if failure == nil { failure = error }
            }
        }
        if let failure { throw failure }
    }
}
