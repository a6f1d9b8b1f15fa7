import Foundation
import Glibc

extension CheckpointStore {
    /// Writes a checkpoint, so that a kill or a full disk at any instant leaves either this one or the one before.
    ///
    /// Everything goes to a hidden directory beside the final place; each file and then the directory is fsync'ed, and
    /// the directory is renamed; then the link `latest` is replaced the same way.
    /// - Parameters:
    ///   - model: parameters and running statistics in registration order.
    ///   - optimizer: moments, named `<moment>.<parameter>`.
    ///   - versions: what wrote it, for the manifest.
    ///   - progress: called whenever a part has got further.
    /// - Returns: the size of all files but the manifest, in bytes.
    @discardableResult
    public func write(
        step: Int, model: [TensorSource], optimizer: [TensorSource], state: StateSections,
        versions: [String: String], progress: @escaping () -> Void = {}
    ) throws(CheckpointError) -> Int {
        if access(directory, F_OK) != 0 { try SystemCalls.makeDirectories(directory) }
        let temporary = directory + "/.\(CheckpointStore.name(step)).partial"
        var files: [String: FileRecord] = [:]
        try? FileManager.default.removeItem(atPath: temporary)
        do throws(CheckpointError) {
            try SystemCalls.makeDirectory(temporary)
            files["model.safetensors"] = try SafetensorsFile.write(
                model, to: temporary + "/model.safetensors", progress: progress)
            files["optimizer.safetensors"] = try SafetensorsFile.write(
                optimizer, to: temporary + "/optimizer.safetensors", progress: progress)
            files["state.json"] = try DurableFile.write(state.encoded(), to: temporary + "/state.json")
            let manifest = Manifest(step: step, files: files, versions: versions)
            _ = try DurableFile.write(manifest.encoded(), to: temporary + "/manifest.json")
            try SystemCalls.synchronizeDirectory(temporary)
            try moveIntoPlace(temporary, step: step)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
        try pointLatest(to: step)
        return files.values.reduce(0) { $0 + $1.byteCount }
    }

    private func moveIntoPlace(_ temporary: String, step: Int) throws(CheckpointError) {
        let place = path(step)
        if FileManager.default.fileExists(atPath: place) {
            // The same step again, after a resume from an earlier one: equal contents, or a damaged predecessor.
            let hidden = directory + "/.replaced-" + CheckpointStore.name(step)
            try? FileManager.default.removeItem(atPath: hidden)
            try SystemCalls.rename(place, to: hidden)
            try SystemCalls.rename(temporary, to: place)
            try? FileManager.default.removeItem(atPath: hidden)
        } else {
            try SystemCalls.rename(temporary, to: place)
        }
        try SystemCalls.synchronizeDirectory(directory)
    }

    private func pointLatest(to step: Int) throws(CheckpointError) {
        let temporary = directory + "/.latest"
        unlink(temporary)
        if symlink(CheckpointStore.name(step), temporary) != 0 {
            throw SystemCalls.failure("symlink", temporary)
        }
        do throws(CheckpointError) {
            try SystemCalls.rename(temporary, to: directory + "/latest")
        } catch {
            unlink(temporary)
            throw error
        }
        try SystemCalls.synchronizeDirectory(directory)
    }
}
