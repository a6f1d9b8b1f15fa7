import Foundation

/// What a training split decides about all samples, as named JSON values: a checkpoint's state has a section for each.
public struct DatasetConstants: Sendable {
    private var values: [String: Data] = [:]

    /// No values.
    public init() {}

    /// The names of the values, sorted.
    public var names: [String] { values.keys.sorted() }

    /// Sets a value.
    public mutating func set(_ name: String, _ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        values[name] = try encoder.encode(value)
    }

    /// A value; nil if there is none with the name.
    /// - Throws: `DecodingError` for a value of another type.
    public func get<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
        guard let data = values[name] else { return nil }
        return try JSONDecoder().decode(type, from: data)
    }

    /// A value as JSON text.
    public subscript(json name: String) -> String? {
        get { values[name].map { String(decoding: $0, as: UTF8.self) } }
        set { values[name] = newValue.map { Data($0.utf8) } }
    }
}
