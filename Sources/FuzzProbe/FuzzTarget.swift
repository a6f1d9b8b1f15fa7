import Foundation

/// Something that reads what others wrote.
protocol FuzzTarget {
    /// The name on the command line, and in the name of a kept input.
    var name: String { get }
    /// The longest time that a case may take, in seconds.
    var seconds: UInt32 { get }
    /// Draws an input: all that a case depends on.
    func input(_ draws: inout FuzzDraws) throws -> [UInt8]
    /// Reads it. Every error but a `FuzzFinding` is an answer, as is success.
    /// - Parameter folder: an empty folder of the case's own.
    func run(_ input: [UInt8], in folder: String) throws
}

extension FuzzTarget {
    var seconds: UInt32 { 20 }
}

/// An answer that is wrong, though nothing crashed.
struct FuzzFinding: Error, CustomStringConvertible {
    var description: String
}

/// An input that is a text followed by the contents of a file.
struct TextAndFile {
    private static let border = Array("\n--- file ---\n".utf8)

    var text: String
    var file: [UInt8]

    init(text: String, file: [UInt8]) {
        self.text = text
        self.file = file
    }

    /// The text is all of it where there is no border.
    init(_ input: [UInt8]) {
        let data = Data(input)
        let range = data.range(of: Data(Self.border))
        text = String(decoding: data[..<(range?.lowerBound ?? data.endIndex)], as: UTF8.self)
        file = range.map { Array(data[$0.upperBound...]) } ?? []
    }

    var bytes: [UInt8] { Array(text.utf8) + Self.border + file }
}
