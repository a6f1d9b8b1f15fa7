import LockstepText

/// The header of a safetensors file: names, shapes, types and positions of the tensors.
///
/// A file is a 64-bit little-endian length, that many bytes of JSON, and the data, which the tensors cover without gaps
/// or overlaps. Source: the format's description in huggingface/safetensors.
public struct SafetensorsHeader: Sendable, Hashable {
    /// The entry of one tensor.
    public struct Entry: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The type of the elements.
        public var type: SafetensorsType
        /// The extents.
        public var shape: [Int]
        /// The range of the tensor in the data, in bytes.
        public var range: Range<Int>
    }

    /// The maximum size of the JSON, in bytes.
    public static let maximumByteCount = 100_000_000

    /// The tensors in the order of their positions.
    public var entries: [Entry]
    /// The metadata of the file: texts by name.
    public var metadata: [String: String]

    /// Makes the header of tensors that are written one after the other.
    init(of tensors: [TensorSource], metadata: [String: String]) {
        var offset = 0
        entries = tensors.map { tensor in
            defer { offset += tensor.bytes.count }
            return Entry(
                name: tensor.name, type: tensor.type, shape: tensor.shape,
                range: offset..<offset + tensor.bytes.count)
        }
        self.metadata = metadata
    }

    /// The bytes before the data: length and JSON, padded with spaces to a multiple of 8.
    func encoded() -> [UInt8] {
        var parts: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        for entry in entries {
            let shape = entry.shape.map(String.init).joined(separator: ",")
            parts.append(
                "\(quoted(entry.name)):{\"dtype\":\"\(entry.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(entry.range.lowerBound),\(entry.range.upperBound)]}")
        }
        var json = Array("{\(parts.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    /// Reads the JSON of a file whose data has `dataByteCount` bytes.
    init(json: [UInt8], dataByteCount: Int, path: String) throws(CheckpointError) {
        func damaged(_ reason: String) -> CheckpointError { .damaged(path: path, reason: reason) }
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        // The format requires the brace as the first byte.
        guard json.first == UInt8(ascii: "{") else { throw damaged("the header is not a JSON object") }
        var scanner = JSONScanner(json, path: path, name: "the header")
        try scanner.object { (scanner, name) throws(CheckpointError) in
            if name == "__metadata__" {
                try scanner.object { (scanner, key) throws(CheckpointError) in
                    metadata[key] = try scanner.string()
                }
            } else {
                entries.append(
                    try Self.entry(name, &scanner, dataByteCount: dataByteCount, path: path))
            }
        }
        try scanner.end()
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
                $1.range.lowerBound, $1.range.upperBound, $1.name
            )
        }
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                throw damaged("there is a gap or an overlap before tensor \(entry.name.printable)")
            }
            end = entry.range.upperBound
        }
        guard end == dataByteCount else {
            throw damaged("\(dataByteCount - end) bytes do not belong to any tensor")
        }
        self.entries = entries
        self.metadata = metadata
    }

    /// The maximum rank of a tensor, far above that of any model; it limits the size of a parsed header.
    private static let maximumRank = 64

    /// Reads the position of a tensor, and checks it against the size of the data.
    private static func entry(
        _ name: String, _ scanner: inout JSONScanner, dataByteCount: Int, path: String
    ) throws(CheckpointError) -> Entry {
        func damaged(_ reason: String) -> CheckpointError {
            .damaged(path: path, reason: "tensor \(name.printable) \(reason)")
        }
        var typeName: String?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object { (scanner, key) throws(CheckpointError) in
            switch key {
            case "dtype": typeName = try scanner.string()
            case "shape": shape = try numbers(&scanner, atMost: maximumRank)
            case "data_offsets": offsets = try numbers(&scanner, atMost: 2)
            default: throw scanner.damaged("tensor \(name.printable) has the unknown key '\(key.printable)'")
            }
        }
        guard let typeName, let shape, let offsets, offsets.count == 2 else {
            throw damaged("lacks dtype, shape or data_offsets")
        }
        guard let type = SafetensorsType(rawValue: typeName) else {
            throw damaged("has the unknown type \(typeName.printable)")
        }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin <= end, end <= dataByteCount else {
            throw damaged("is outside the data (\(begin) to \(end) of \(dataByteCount))")
        }
        var size = type.byteCount
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw damaged("has an impossible shape") }
            size = product
        }
        guard size == end - begin else { throw damaged("has shape \(shape), but \(end - begin) bytes") }
        return Entry(name: name, type: type, shape: shape, range: begin..<end)
    }

    private static func numbers(
        _ scanner: inout JSONScanner, atMost limit: Int
    ) throws(CheckpointError) -> [Int] {
        var numbers: [Int] = []
        try scanner.array { (scanner) throws(CheckpointError) in
            guard numbers.count < limit else {
                throw scanner.damaged("an array has more than \(limit) numbers")
            }
            numbers.append(try scanner.wholeNumber())
        }
        return numbers
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
