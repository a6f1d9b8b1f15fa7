import Glibc

extension CheckpointStore {
    /// The result of writing a complete checkpoint.
    public struct Written: Sendable {
        /// The size of all files except the manifest, in bytes.
        public var byteCount: Int
        /// Why the link `latest` does not name the checkpoint; nil if it does.
        public var linkFailure: CheckpointError?
    }

    /// Writes a checkpoint. After a kill or a full disk at any time, either this checkpoint or the previous one is complete.
    ///
    /// Everything is written to a hidden directory next to the final path; each file and then the directory is fsync'ed, and
    /// the directory is renamed; then the link `latest` is replaced the same way. The checkpoint is complete without the link.
    /// - Parameters:
    ///   - model: parameters and running statistics in registration order.
    ///   - optimizer: moments, named `<moment>.<parameter>`.
    ///   - versions: the versions of the program and its libraries, for the manifest.
    ///   - progress: called after each written part.
    @discardableResult
    public func write(
        step: Int, model: [TensorSource], optimizer: [TensorSource], state: StateSections,
        versions: [String: String], progress: @escaping () -> Void = {}
    ) throws(CheckpointError) -> Written {
        if access(directory, F_OK) != 0 { try SystemCalls.makeDirectories(directory) }
        let temporary = directory + "/" + CheckpointFolder.partial(step)
        try CheckpointFolder.clear(temporary)
        var files: [String: FileRecord] = [:]
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
            try? CheckpointFolder.remove(temporary)
            throw error
        }
        var written = Written(byteCount: files.values.reduce(0) { $0 + $1.byteCount })
        do throws(CheckpointError) {
            try CheckpointLink.latest(in: directory).point(to: step)
        } catch {
            written.linkFailure = error
        }
        return written
    }

    private func moveIntoPlace(_ temporary: String, step: Int) throws(CheckpointError) {
        let place = path(step)
        let aside = directory + "/" + CheckpointFolder.replaced(step)
        // The same step again after a resume from an earlier one: the existing checkpoint is equal or damaged.
        let isReplacing = CheckpointFolder.isFolder(place) && CheckpointFolder.foreign(in: place) == nil
        if isReplacing {
            try CheckpointFolder.clear(aside)
            try SystemCalls.rename(place, to: aside)
        } else {
            try CheckpointFolder.clear(place)
        }
        do throws(CheckpointError) {
            try SystemCalls.rename(temporary, to: place)
        } catch {
            // The previous checkpoint is moved back.
            if isReplacing { try? SystemCalls.rename(aside, to: place) }
            throw error
        }
        try SystemCalls.synchronizeDirectory(directory)
        if isReplacing { try? CheckpointFolder.remove(aside) }
    }
}
