import Foundation

/// The header of a safetensors file: which tensor lies where.
///
/// A file is a 64-bit little-endian length, that many bytes of JSON, and the data, which the tensors cover without holes
/// or overlaps. Source: the format's description in huggingface/safetensors.
public struct SafetensorsHeader: Sendable, Hashable {
    /// Where one tensor lies.
    public struct Entry: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The type of the elements.
        public var type: SafetensorsType
        /// The extents.
        public var shape: [Int]
        /// The place in the data, in bytes.
        public var range: Range<Int>
    }

    /// The longest legal JSON.
    public static let maximumByteCount = 100_000_000

    /// The tensors in the order of their places.
    public var entries: [Entry]
    /// The free text that goes with the file.
    public var metadata: [String: String]

    /// The header of tensors that are written one after the other.
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
        guard json.first == UInt8(ascii: "{"),
            let object = (try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any]
        else { throw damaged("the header is not a JSON object") }
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        for (name, value) in object {
            if name == "__metadata__" {
                guard let texts = value as? [String: String] else {
                    throw damaged("__metadata__ is not text")
                }
                metadata = texts
                continue
            }
            guard let fields = value as? [String: Any], let typeName = fields["dtype"] as? String,
                let numbers = fields["shape"] as? [NSNumber],
                let offsets = fields["data_offsets"] as? [NSNumber],
                offsets.count == 2
            else { throw damaged("tensor \(name) lacks dtype, shape or data_offsets") }
            guard let type = SafetensorsType(rawValue: typeName) else {
                throw damaged("tensor \(name) has the unknown type \(typeName)")
            }
            let shape = numbers.map(\.intValue)
            let (begin, end) = (offsets[0].intValue, offsets[1].intValue)
            guard begin >= 0, begin <= end, end <= dataByteCount else {
                throw damaged("tensor \(name) lies outside the data (\(begin) to \(end) of \(dataByteCount))")
            }
            var size = type.byteCount
            for extent in shape {
                let (product, overflow) = size.multipliedReportingOverflow(by: extent)
                guard extent >= 0, !overflow else { throw damaged("tensor \(name) has an impossible shape") }
                size = product
            }
            guard size == end - begin else {
                throw damaged("tensor \(name) has shape \(shape) but \(end - begin) bytes")
            }
            entries.append(Entry(name: name, type: type, shape: shape, range: begin..<end))
        }
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < (
                $1.range.lowerBound, $1.range.upperBound, $1.name
            )
        }
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                throw damaged("there is a hole or an overlap before tensor \(entry.name)")
            }
            end = entry.range.upperBound
        }
        guard end == dataByteCount else { throw damaged("\(dataByteCount - end) bytes belong to no tensor") }
        self.entries = entries
        self.metadata = metadata
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
