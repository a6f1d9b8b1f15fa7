import Foundation
import LockstepText

/// A column of predictions: one value per sample of a block.
public struct PredictedField {
    enum Values {
        case texts([String])
        case numbers([Double], digits: (Double) -> Int32)
    }

    /// The name of the column.
    public let name: String
    let values: Values

    /// A column of text, such as class names.
    public init(_ name: String, texts: [String]) {
        self.name = name
        values = .texts(texts)
    }

    /// A column of numbers.
    /// - Parameter digits: the number of significant digits of a number; nine are enough to read back the
    ///   same float32.
    public init(_ name: String, numbers: [Double], digits: @escaping (Double) -> Int32 = { _ in 9 }) {
        self.name = name
        values = .numbers(numbers, digits: digits)
    }

    /// The texts of the samples; nil for a column of numbers.
    public var texts: [String]? { if case .texts(let texts) = values { texts } else { nil } }

    /// The numbers of the samples; nil for a column of texts.
    public var numbers: [Double]? { if case .numbers(let numbers, _) = values { numbers } else { nil } }

    /// The number of samples.
    public var count: Int {
        switch values {
        case .texts(let texts): texts.count
        case .numbers(let numbers, _): numbers.count
        }
    }
}

/// Predictions as CSV.
package enum PredictionLines {
    /// The header line.
    package static func header(_ fields: [PredictedField]) -> [UInt8] {
        Array(((["sample"] + fields.map(\.name)).map(quoted).joined(separator: ",") + "\n").utf8)
    }

    /// One line per sample of a block whose first sample has the number `first`.
    package static func lines(first: Int, _ fields: [PredictedField]) -> [UInt8] {
        var buffer = TextBuffer()
        for row in 0..<(fields.first?.count ?? 0) {
            buffer.append(first + row)
            for field in fields {
                buffer.append(",")
                switch field.values {
                case .texts(let texts): buffer.append(quoted(texts[row]))
                case .numbers(let numbers, let digits):
                    let value = numbers[row]
                    if value.isFinite {
                        buffer.append(value, digits: digits(value))
                    } else {
                        buffer.append("nan")
                    }
                }
            }
            buffer.append("\n")
        }
        return buffer.bytes
    }

    /// A field, in quotes if needed (RFC 4180).
    package static func quoted(_ field: String) -> String {
        guard field.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
