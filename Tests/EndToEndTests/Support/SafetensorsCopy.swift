import Foundation

/// A safetensors file of 32-bit floats, rewritten as another program might write it.
struct SafetensorsCopy {
    /// A tensor: type, shape, and bytes.
    struct Entry {
        var type: String
        var shape: [Int]
        var bytes: Data
    }

    var entries: [(name: String, entry: Entry)]

    /// Reads a file.
    init(_ path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let length = data.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        let json = try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any] ?? [:]
        entries = json.compactMap { name, value in
            guard let fields = value as? [String: Any], let type = fields["dtype"] as? String,
                let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int]
            else { return nil }
            let place = 8 + length
            return (
                name, Entry(type: type, shape: shape, bytes: data[place + offsets[0]..<place + offsets[1]])
            )
        }.sorted { $0.name < $1.name }
    }

    /// Changes the name of every tensor.
    mutating func rename(_ change: (String) -> String) {
        for index in entries.indices { entries[index].name = change(entries[index].name) }
    }

    /// Rounds all 32-bit floats to bfloat16 by cutting their lower halves off.
    mutating func cutToBFloat16() {
        for index in entries.indices where entries[index].entry.type == "F32" {
            let bytes = Array(entries[index].entry.bytes)
            entries[index].entry.type = "BF16"
            entries[index].entry.bytes = Data(
                stride(from: 0, to: bytes.count, by: 4).flatMap { [bytes[$0 + 2], bytes[$0 + 3]] })
        }
    }

    /// Writes the file.
    func write(to path: String) throws {
        var place = 0
        let parts = entries.map { name, entry -> String in
            defer { place += entry.bytes.count }
            return
                "\"\(name)\":{\"dtype\":\"\(entry.type)\",\"shape\":\(entry.shape),"
                + "\"data_offsets\":[\(place),\(place + entry.bytes.count)]}"
        }
        let json = Array("{\(parts.joined(separator: ","))}".utf8)
        var data = Data(withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json)
        for (_, entry) in entries { data += entry.bytes }
        try data.write(to: URL(fileURLWithPath: path))
    }
}
