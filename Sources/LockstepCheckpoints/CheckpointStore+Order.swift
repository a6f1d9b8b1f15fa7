import Foundation

/// What a start puts in order, before its first step.
extension CheckpointStore {
    /// Gives checkpoints their names back, removes what killed writers have left, and lets `latest` name the newest undamaged one.
    /// - Parameter newest: the step of that; nil where there is none.
    /// - Returns: what could not be done, for warnings. Nothing of it keeps a run from training.
    public func putInOrder(newest: Int?) -> [CheckpointError] {
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
        let link = LatestLink(in: directory)
        if let newest, CheckpointFolder.kind(path(newest)) != nil {
            do throws(CheckpointError) { try link.point(to: newest) } catch { problems.append(error) }
        } else {
            link.removeIfDangling()
        }
        return problems
    }

    /// Removes what killed writers left behind: directories of their names that hold files of a checkpoint alone.
    /// - Returns: what could not be removed.
    @discardableResult
    public func removeRemains() -> [CheckpointError] {
        LatestLink(in: directory).removeRemains()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let used = Set(candidates().map(\.path))
        var problems: [CheckpointError] = []
        for name in names.sorted() where CheckpointFolder.isRemains(name) {
            let path = "\(directory)/\(name)"
            // The only one of its step is no remains.
            guard !used.contains(path) else { continue }
            do throws(CheckpointError) { try CheckpointFolder.remove(path) } catch { problems.append(error) }
        }
        return problems
    }
}
