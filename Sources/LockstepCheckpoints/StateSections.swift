import Foundation
import Glibc

/// state.json: one section per object with state, which saves and loads its own section.
public struct StateSections: Sendable {
    private var sections: [String: Data] = [:]

    /// No sections.
    public init() {}

    /// Stores an object's state in its section.
    public mutating func set<Value: Encodable>(_ name: String, _ value: Value) throws(CheckpointError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            sections[name] = try encoder.encode(value)
        } catch {
            throw .state(section: name, reason: "it cannot be written as JSON (\(error))")
        }
    }

    /// Stores JSON text in a section.
    public mutating func set(_ name: String, json: String) { sections[name] = Data(json.utf8) }

    /// Reads an object's state from its section.
    public func get<Value: Decodable>(_ name: String, as type: Value.Type) throws(CheckpointError) -> Value {
        guard let data = sections[name] else { throw .state(section: name, reason: "it is missing") }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw .state(section: name, reason: "\(error)")
        }
    }

    /// Whether there is a section.
    public func has(_ name: String) -> Bool { sections[name] != nil }

    /// The names of the sections, sorted.
    public var names: [String] { sections.keys.sorted() }

    /// A section as JSON text.
    public func text(_ name: String) -> String { String(decoding: sections[name] ?? Data(), as: UTF8.self) }

    /// All sections as one JSON object, one line per section, sorted by name.
    public func encoded() -> [UInt8] {
        let lines = sections.sorted { $0.key < $1.key }.map {
            "\"\($0.key)\":\(String(decoding: $0.value, as: UTF8.self))"
        }
        return Array("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
    }

    /// Reads the result of `encoded`.
    public init(decoding bytes: [UInt8], path: String) throws(CheckpointError) {
        // Each section is on one line, and no generic parser reads its numbers, so they keep every digit.
        guard let text = String(validating: bytes, as: UTF8.self),
            (try? JSONSerialization.jsonObject(with: Data(bytes))) is [String: Any]
        else { throw .damaged(path: path, reason: "it is not a JSON object") }
        for line in text.split(separator: "\n").dropFirst().dropLast() {
            let body = line.hasSuffix(",") ? line.dropLast() : line[...]
            guard body.first == "\"", let end = body.dropFirst().firstIndex(of: "\""),
                body[body.index(after: end)...].first == ":"
            else { throw .damaged(path: path, reason: "it does not have one section per line") }
            let name = String(body[body.index(after: body.startIndex)..<end])
            sections[name] = Data(body[body.index(end, offsetBy: 2)...].utf8)
        }
    }

    /// The contents of a checkpoint's file.
    static func contents(of path: String, atMost limit: Int = 1 << 32) throws(CheckpointError) -> Data {
        let (descriptor, size) = try SystemCalls.openOwn(path)
        defer { close(descriptor) }
        guard size <= limit else {
            throw .damaged(path: path, reason: "its \(size) bytes are too many for such a file")
        }
        var bytes = [UInt8](repeating: 0, count: size)
        try bytes.withMutableBytes { (raw) throws(CheckpointError) in
            try SystemCalls.readAll(descriptor, into: raw, at: 0, path: path)
        }
        return Data(bytes)
    }
}
