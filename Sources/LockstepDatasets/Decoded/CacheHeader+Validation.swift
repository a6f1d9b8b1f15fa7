import LockstepReaders

/// Checks of a cache file besides its checksums: a forged file has valid ones.
extension CacheHeader {
    /// A contradiction within the header; nil if there is none.
    var contradiction: String? {
        // Without classes the names are those of several labels, one for each target.
        let names = classes > 0 ? classes : training.targetWidth
        guard classes >= 0, classNames.isEmpty || classNames.count == names else {
            return "its number of classes is not that of their names"
        }
        guard heldBack.map({ (1..<training.count).contains($0) }) ?? true else {
            return "it has more validation samples than samples"
        }
        for part in [training, test].compactMap({ $0 }) {
            guard classes == 0 || part.targetWidth == 0 || !part.hasTargets else {
                return "it has classes, and targets that are numbers"
            }
            guard classes > 0 || part.targetWidth > 0 || !part.hasTargets else {
                return "it has labels, and no classes"
            }
        }
        guard let test else { return nil }
        guard test.sampleExtents == training.sampleExtents else {
            return "its test samples are of another shape than its training samples"
        }
        guard !test.hasTargets || !training.hasTargets || test.targetWidth == training.targetWidth else {
            return "its test targets are of another shape than its training targets"
        }
        return nil
    }

    /// Whether every label is one of a class. The sections have been shifted and lie within the file.
    func areLabelsLegal(in file: MemoryBlock) -> Bool {
        guard classes > 0 else { return true }
        return [training, test].compactMap { $0 }.allSatisfy { part in
            guard part.hasTargets, part.targetWidth == 0 else { return true }
            let address = file.address + part.targets.offset
            let labels = UnsafeBufferPointer(
                start: UnsafeRawPointer(address).assumingMemoryBound(to: Int32.self), count: part.count)
            return labels.allSatisfy { $0 >= 0 && Int($0) < classes }
        }
    }
}
