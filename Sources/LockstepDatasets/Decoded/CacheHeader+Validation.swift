import LockstepReaders

/// Checks of a cache file in addition to its checksums, since a forged file has valid checksums.
extension CacheHeader {
    /// An inconsistency within the header; nil if there is none.
    var contradiction: String? {
        // Without classes, the names are those of several labels, one per target.
        let names = classes > 0 ? classes : training.targetWidth
        guard classes >= 0, classNames.isEmpty || classNames.count == names else {
            return "its number of classes differs from the number of their names"
        }
        guard heldBack.map({ (1..<training.count).contains($0) }) ?? true else {
            return "it has more validation samples than samples"
        }
        for part in [training, test].compactMap({ $0 }) {
            guard classes == 0 || part.targetWidth == 0 || !part.hasTargets else {
                return "it has classes, but numeric targets"
            }
            guard classes > 0 || part.targetWidth > 0 || !part.hasTargets else {
                return "it has labels, but no classes"
            }
        }
        guard let test else { return nil }
        guard test.sampleExtents == training.sampleExtents else {
            return "the shapes of its test and training samples differ"
        }
        guard !test.hasTargets || !training.hasTargets || test.targetWidth == training.targetWidth else {
            return "the shapes of its test and training targets differ"
        }
        return nil
    }

    /// Whether every label is in the range of the classes. The sections must have been shifted and lie within the file.
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
