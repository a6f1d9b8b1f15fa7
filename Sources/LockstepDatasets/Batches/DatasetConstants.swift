import Foundation

/// The constants that the training split determines, as named JSON values. A checkpoint's state has a section for each.
public struct DatasetConstants: Sendable {
    private var values: [String: Data] = [:]

    /// No values.
    public init() {}

    /// The names of the values, sorted.
    public var names: [String] { values.keys.sorted() }

    /// Sets a value.
    /// - Throws: `EncodingError` for a value that JSON cannot hold, such as an infinite number.
    public mutating func set(_ name: String, _ value: some Encodable) throws {
        values[name] = try Self.encoder.encode(value)
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
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

extension Encodable {
    /// This value as JSON; nil if JSON cannot hold it.
    var json: String? {
        var constants = DatasetConstants()
        try? constants.set("", self)
        return constants[json: ""]
    }
}
