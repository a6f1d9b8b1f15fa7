/// Values as Python writes them.
enum PythonText {
    /// A text with its quotation marks.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0xFEFF:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A number that reads back as the same one.
    static func number<Number: BinaryFloatingPoint & CustomStringConvertible>(_ number: Number) -> String {
        guard !number.isNaN else { return "float(\"nan\")" }
        guard number.isFinite else { return number < 0 ? "-float(\"inf\")" : "float(\"inf\")" }
        return number.description
    }

    /// Items between brackets: on one line if they fit, otherwise on several.
    /// - Parameters:
    ///   - column: how much of the line is taken before the brackets.
    ///   - indent: the indentation of the statement.
    static func list(_ items: [String], column: Int, indent: String) -> String {
        let line = items.joined(separator: ", ")
        guard column + line.count + 2 > width else { return "[\(line)]" }
        var lines: [String] = []
        var current = ""
        for item in items {
            if !current.isEmpty, indent.count + 4 + current.count + item.count + 2 > width {
                lines.append(current)
                current = ""
            }
            current += (current.isEmpty ? "" : " ") + item + ","
        }
        lines.append(current)
        return "[\n" + lines.map { "\(indent)    \($0)\n" }.joined() + "\(indent)]"
    }

    private static let width = 116

    /// A tuple of whole numbers.
    static func tuple(_ numbers: [Int]) -> String {
        numbers.count == 1 ? "(\(numbers[0]),)" : "(\(numbers.map(String.init).joined(separator: ", ")))"
    }

    /// Whether a text can be the name of a variable.
    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, first >= 0x41, !keywords.contains(text) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// A name of a variable that is like a text and not among some others.
    static func identifier(_ text: String, excluding taken: Set<String>) -> String {
        var name = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        if !isIdentifier(name) { name = "value_" + name }
        while taken.contains(name) { name += "_" }
        return name
    }

    /// A tensor of a module by its name in the file: `blocks.0.norm.weight` is `self.blocks[0].norm.weight`.
    static func attribute(_ name: String) -> String {
        name.split(separator: ".", omittingEmptySubsequences: false).reduce("self") { path, part in
            if let number = Int(part), "\(number)" == part, number >= 0 { return "\(path)[\(number)]" }
            return isIdentifier(String(part)) ? "\(path).\(part)" : "\(path)[\(quoted(String(part)))]"
        }
    }

    private static let keywords: Set<String> = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
        "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
        "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]
}
