/// The binary version of CIFAR-10: records of a label byte and 3 x 32 x 32 bytes, one plane for each colour.
package enum CIFAR10Reader {
    /// Side lengths and channels of an image.
    package static let extents = [32, 32, 3]
    package static let recordByteCount = 1 + 3072
    /// The names of the classes, by label.
    package static let classNames = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]

    /// Reads files and concatenates them: images in row-major [N, 32, 32, 3], and their labels.
    package static func read(_ paths: [String]) throws(DatasetError) -> (images: MemoryBlock, labels: [Int32])
    {
        let images = MemoryBlock(count: 0)
        var labels: [Int32] = []
        for path in paths {
            let file = try SourceFile(path: path, .text)
            try append(file, to: images, &labels)
        }
        return (images, labels)
    }

    private static func append(
        _ file: SourceFile, to images: MemoryBlock, _ labels: inout [Int32]
    ) throws(DatasetError) {
        let bytes = file.bytes
        guard !bytes.isEmpty else {
            throw DatasetError(.empty, file.path, "the file is empty", advice: "unpack the archive again")
        }
        let (count, rest) = bytes.count.quotientAndRemainder(dividingBy: recordByteCount)
        guard rest == 0 else {
            throw DatasetError(
                .truncated, file.path, .byte(bytes.count - rest),
                "the last record has \(rest) of \(recordByteCount) bytes",
                advice: "fetch the binary version of CIFAR-10 and unpack it again")
        }
        let first = labels.count
        images.resize(to: (first + count) * 3072)
        labels.reserveCapacity(first + count)
        var pixel = images.address.assumingMemoryBound(to: UInt8.self) + first * 3072
        for record in 0..<count {
            let start = record * recordByteCount
            let label = bytes[start]
            guard label < 10 else {
                throw DatasetError(
                    .labelOutOfRange, file.path, .byte(start),
                    "record \(record) has label \(label), not 0...9",
                    advice:
                        "fetch the binary version of CIFAR-10 again (not CIFAR-100, not the Python version)")
            }
            labels.append(Int32(label))
            for place in start + 1..<start + 1025 {
                pixel[0] = bytes[place]
                pixel[1] = bytes[place + 1024]
                pixel[2] = bytes[place + 2048]
                pixel += 3
            }
        }
    }
}
