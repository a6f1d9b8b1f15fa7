import LockstepReaders

/// The header of a cache file: JSON after the magic number.
struct CacheHeader: Codable {
    /// A range of the file.
    struct Section: Codable {
        var offset: Int
        var byteCount: Int
        var crc: UInt32
    }

    /// Training or test data.
    struct Part: Codable {
        var count: Int
        var sampleExtents: [Int]
        var inputType: DecodedPart.InputType
        var targetWidth: Int
        var hasMissing: Bool
        var hasTargets: Bool
        var narrowing: DataNarrowing
        var inputs: Section
        var targets: Section
        /// The weights of samples, float32 [count]; nil without weights.
        var weights: Section?
        /// The texts of samples that are copied to predictions; nil without texts.
        var identifiers: Section?

        /// The positions of inputs that are read from their files when they are needed; `inputs` is then empty, with the checksum of the
        /// decoded inputs.
        var stream: StreamedRows?

        /// Its sections, in file order.
        var sections: [Section] { [inputs, targets] + [weights, identifiers].compactMap { $0 } }

        /// Whether all sections have the size that follows from the shapes, and lie within a file of a given size.
        func isConsistent(fileByteCount: Int) -> Bool {
            guard count > 0, targetWidth >= 0, sampleExtents.count <= 5, sampleExtents.allSatisfy({ $0 > 0 }),
                let elements = RawArray.elementCount([count] + sampleExtents, byteCount: 8),
                narrowing.targets.map({ $0.offsets.count == targetWidth }) ?? true,
                let values = RawArray.elementCount([count, max(1, targetWidth)], byteCount: 4)
            else { return false }
            let targetSize = hasTargets ? values * 4 : 0
            if let stream {
                guard stream.isConsistent, stream.count == count,
                    stream.width == sampleExtents.reduce(1, *), stream.isBytes == (inputType == .uint8)
                else { return false }
            }
            let inputSize = stream == nil ? elements * inputType.byteCount : 0
            let further =
                (weights.map { [($0, count * 4)] } ?? []) + (identifiers.map { [($0, $0.byteCount)] } ?? [])
            return ([(inputs, inputSize), (targets, targetSize)] + further).allSatisfy {
                section, size in
                // The file ends with its last non-empty section.
                section.byteCount == size && section.offset >= 0 && section.offset % 4096 == 0
                    && size >= 0 && size <= fileByteCount
                    && (size == 0 || section.offset <= fileByteCount - size)
            }
        }
    }

    /// The alignment of sections: a page.
    static let alignment = 4096

    /// The key of the data from which the file was made.
    var key: String
    var training: Part
    var test: Part?
    var classes: Int
    var classNames: [String]
    var featureNames: [String]
    var columns: CSVColumns?
    /// The number of samples at the end of the training data that are from separate validation files; nil for none.
    var heldBack: Int?
    /// Notes about the files for the user; nil for none.
    var notes: [String]?

    /// Makes the header of decoded content; offsets are relative to the first section.
    init(_ content: DecodedContent, key: String) {
        self.key = key
        classes = content.classes
        classNames = content.classNames
        featureNames = content.featureNames
        columns = content.columns
        heldBack = content.heldBack > 0 ? content.heldBack : nil
        notes = content.notes.isEmpty ? nil : content.notes
        var offset = 0
        func section(_ block: MemoryBlock) -> Section {
            defer { offset += (block.count + Self.alignment - 1) / Self.alignment * Self.alignment }
            return Section(offset: offset, byteCount: block.count, crc: Checksum.crc(block))
        }
        func part(_ part: DecodedPart) -> Part {
            var inputs = section(part.inputs)
            if let stream = part.stream { inputs.crc = stream.checksum }
            return Part(
                count: part.count, sampleExtents: part.sampleExtents, inputType: part.inputType,
                targetWidth: part.targetWidth, hasMissing: part.hasMissing,
                hasTargets: part.hasTargets, narrowing: part.narrowing, inputs: inputs,
                targets: section(part.targets), weights: part.weights.map(section),
                identifiers: part.identifiers.map(section), stream: part.stream?.rows)
        }
        training = part(content.training)
        test = content.test.map(part)
    }

    /// All sections in file order.
    var sections: [Section] {
        training.sections + (test?.sections ?? [])
    }

    var fingerprint: DataFingerprint {
        var bytes: [UInt8] = []
        for section in sections {
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: section.crc >> shift))
            }
        }
        let crc = bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { Checksum.crc($0, bytes.count) } ?? 0
        }
        return DataFingerprint(count: training.count + (test?.count ?? 0), crc: crc)
    }
}
