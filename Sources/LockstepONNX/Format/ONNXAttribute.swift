/// A setting of an operator.
public struct ONNXAttribute: Sendable, Equatable {
    enum Value: Sendable, Equatable {
        case integer(Int)
        case integers([Int])
        case float(Float)
        case text(String)
        case texts([String])
    }

    let name: String
    let value: Value

    /// A whole number.
    public static func integer(_ name: String, _ value: Int) -> Self {
        Self(name: name, value: .integer(value))
    }
    /// Whole numbers.
    public static func integers(_ name: String, _ values: [Int]) -> Self {
        Self(name: name, value: .integers(values))
    }
    /// A floating-point number.
    public static func float(_ name: String, _ value: Float) -> Self {
        Self(name: name, value: .float(value))
    }
    /// A text.
    public static func text(_ name: String, _ value: String) -> Self { Self(name: name, value: .text(value)) }
    /// Texts.
    public static func texts(_ name: String, _ values: [String]) -> Self {
        Self(name: name, value: .texts(values))
    }

    /// The value of a whole number; nil for another kind.
    var wholeNumber: Int? { if case .integer(let number) = value { number } else { nil } }
    /// The values of whole numbers; nil for another kind.
    var wholeNumbers: [Int]? { if case .integers(let numbers) = value { numbers } else { nil } }
    /// The value of a floating-point number; nil for another kind.
    var number: Float? { if case .float(let number) = value { number } else { nil } }
    /// The value of a text; nil for another kind.
    var text: String? { if case .text(let text) = value { text } else { nil } }

    func encode(into writer: inout ProtobufWriter) {
        writer.text(1, name)
        switch value {
        case .float(let number):
            writer.float(2, number)
            writer.integer(20, 1)
        case .integer(let number):
            writer.integer(3, number)
            writer.integer(20, 2)
        case .text(let text):
            writer.text(4, text)
            writer.integer(20, 3)
        case .integers(let numbers):
            for number in numbers { writer.integer(8, number) }
            writer.integer(20, 7)
        case .texts(let texts):
            for text in texts { writer.text(9, text) }
            writer.integer(20, 8)
        }
    }
}
