import Foundation

/// Clean-up of a folder of checkpoints before the first step.
extension CheckpointStore {
    /// Restores the names of checkpoints, removes leftovers of killed writers, and points `latest` to the newest undamaged one.
    /// - Parameters:
    ///   - newest: the step of the newest undamaged checkpoint; nil if there is none.
    ///   - best: the step of the best evaluation, to which `best` points if it has a checkpoint.
    /// - Returns: failures, for warnings. They do not prevent training.
    public func putInOrder(newest: Int?, best: Int? = nil) -> [CheckpointError] {
        var problems: [CheckpointError] = []
        for candidate in candidates() where candidate.path != path(candidate.step) {
            guard CheckpointFolder.kind(path(candidate.step)) == nil else { continue }
            do throws(CheckpointError) {
                try SystemCalls.rename(candidate.path, to: path(candidate.step))
                try SystemCalls.synchronizeDirectory(directory)
            } catch {
                problems.append(error)
            }
        }
        problems += removeRemains()
        let link = CheckpointLink.latest(in: directory)
        if let newest, CheckpointFolder.kind(path(newest)) != nil {
            do throws(CheckpointError) { try link.point(to: newest) } catch { problems.append(error) }
        } else {
            link.removeIfDangling()
        }
        do throws(CheckpointError) {
            try CheckpointLink.best(in: directory).point(toExisting: best)
        } catch {
            problems.append(error)
        }
        return problems
    }

    /// Removes leftovers of killed writers: directories with their names that contain only files of a checkpoint.
    /// - Returns: the failures to remove them.
    @discardableResult
    public func removeRemains() -> [CheckpointError] {
        CheckpointLink.removeRemains(in: directory)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let used = Set(candidates().map(\.path))
        var problems: [CheckpointError] = []
        for name in names.sorted() where CheckpointFolder.isRemains(name) {
            let path = "\(directory)/\(name)"
            // Keep the only copy of a step.
            guard !used.contains(path) else { continue }
            do throws(CheckpointError) { try CheckpointFolder.remove(path) } catch { problems.append(error) }
        }
        return problems
    }
}
