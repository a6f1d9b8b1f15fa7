import Foundation

/// A reader of files that may be damaged.
protocol FuzzTarget {
    /// The name on the command line, and in the file name of a stored input.
    var name: String { get }
    /// The longest time that a case may take, in seconds.
    var seconds: UInt32 { get }
    /// Draws an input, which determines the case.
    func input(_ draws: inout FuzzDraws) throws -> [UInt8]
    /// Reads the input. Success is an answer, and so is every error except a `FuzzFinding`.
    /// - Parameter folder: an empty folder for this case.
    func run(_ input: [UInt8], in folder: String) throws
}

extension FuzzTarget {
    var seconds: UInt32 { 20 }
}

/// A wrong answer without a crash.
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

    /// Without a border all of the input is the text.
    init(_ input: [UInt8]) {
        let data = Data(input)
        let range = data.range(of: Data(Self.border))
        text = String(decoding: data[..<(range?.lowerBound ?? data.endIndex)], as: UTF8.self)
        file = range.map { Array(data[$0.upperBound...]) } ?? []
    }

    var bytes: [UInt8] { Array(text.utf8) + Self.border + file }
}
