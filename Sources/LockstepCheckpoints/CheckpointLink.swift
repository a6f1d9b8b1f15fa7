import Glibc

/// A link to a checkpoint for users and scripts: `latest` to the newest one, `best` to the one of the best evaluation. This program
/// does not read checkpoints through links, and a run continues if they cannot be created.
struct CheckpointLink {
    private let directory: String
    private let path: String
    /// Its temporary name before it is renamed.
    private let next: String
    /// The temporary name of a copy of a checkpoint that was found at its path.
    private let hidden: String

    private init(in directory: String, _ name: String, next: String, removed: String) {
        self.directory = directory
        path = directory + "/" + name
        self.next = directory + "/" + next
        hidden = directory + "/" + removed
    }

    /// The link to the newest checkpoint in a folder of checkpoints.
    static func latest(in directory: String) -> Self {
        Self(
            in: directory, CheckpointFolder.latest, next: CheckpointFolder.nextLatest,
            removed: CheckpointFolder.removedLatest)
    }

    /// The link to the checkpoint of the best evaluation in a folder of checkpoints.
    static func best(in directory: String) -> Self {
        Self(
            in: directory, CheckpointFolder.best, next: CheckpointFolder.nextBest,
            removed: CheckpointFolder.removedBest)
    }

    /// The kind of file at its path.
    private enum Place {
        case absent
        /// A link to a step's folder.
        case link(step: Int)
        /// A copy of a checkpoint, or a file with the link's text: both result from copying a link.
        case copy
        case file
        /// Something that this program did not create.
        case foreign(String)
    }

    private var place: Place {
        switch CheckpointFolder.kind(path) {
        case nil: return .absent
        case S_IFLNK:
            guard let target = Self.target(of: path), let step = CheckpointFolder.step(of: target) else {
                return .foreign("it is a link to something else")
            }
            return .link(step: step)
        case S_IFDIR: return CheckpointFolder.foreign(in: path).map { .foreign($0) } ?? .copy
        case S_IFREG:
            let text = (try? StateSections.contents(of: path, atMost: 64)) ?? .init()
            let name = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined()
            return CheckpointFolder.step(of: name) != nil
                ? .file : .foreign("it is a file of another kind")
        default: return .foreign("it is neither a link nor a folder")
        }
    }

    /// The step that the link names; nil if it is not a link of this program.
    var step: Int? { if case .link(let step) = place { step } else { nil } }

    /// Points the link to a step. If that fails, the link is removed, so that it does not name an older step.
    /// - Throws: the failure, or `CheckpointError.foreign` if something else is at its path.
    func point(to step: Int) throws(CheckpointError) {
        switch place {
        case .link(step): return
        case .foreign(let reason): throw .foreign(path: path, reason: reason)
        case .copy: try removeCopy()
        case .absent, .link, .file: break
        }
        do throws(CheckpointError) {
            removeLink(next)
            if symlink(CheckpointFolder.name(step), next) != 0 { throw SystemCalls.failure("symlink", path) }
            try SystemCalls.rename(next, to: path)
            try SystemCalls.synchronizeDirectory(directory)
        } catch {
            removeLink(next)
            if let shown = self.step, shown != step { removeLink(path) }
            throw error
        }
    }

    /// Points the link to a step if it has a folder, and removes the link otherwise.
    /// - Throws: as `point`.
    func point(toExisting step: Int?) throws(CheckpointError) {
        guard let step, CheckpointFolder.isFolder(directory + "/" + CheckpointFolder.name(step)) else {
            return removeLink(path)
        }
        try point(to: step)
    }

    /// Removes the link if the folder of its step does not exist.
    func removeIfDangling() {
        if let step, !CheckpointFolder.isFolder(directory + "/" + CheckpointFolder.name(step)) {
            removeLink(path)
        }
    }

    /// Removes the temporary links of a killed writer from a folder of checkpoints.
    static func removeRemains(in directory: String) {
        for name in [CheckpointFolder.nextLatest, CheckpointFolder.nextBest, CheckpointFolder.probeLink] {
            latest(in: directory).removeLink("\(directory)/\(name)")
        }
    }

    private func removeCopy() throws(CheckpointError) {
        try CheckpointFolder.clear(hidden)
        try SystemCalls.rename(path, to: hidden)
        try CheckpointFolder.remove(hidden)
    }

    /// Removes a link to a step's folder, and nothing else.
    private func removeLink(_ path: String) {
        guard CheckpointFolder.kind(path) == S_IFLNK, let target = Self.target(of: path),
            CheckpointFolder.step(of: target) != nil
        else { return }
        unlink(path)
    }

    private static func target(of path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 256)
        let count = readlink(path, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
