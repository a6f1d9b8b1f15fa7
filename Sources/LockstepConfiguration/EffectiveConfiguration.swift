/// The effective configuration: every key with its value or default, in the order in which the keys were read.
package indirect enum EffectiveConfiguration: Sendable, Equatable {
    /// A number or a word, written without quotes.
    case plain(String)
    /// A text, quoted if YAML would read it as something else.
    case text(String)
    case list([EffectiveConfiguration])
    case map([Entry])

    /// One key with its value.
    package struct Entry: Sendable, Equatable {
        package var key: String
        package var value: EffectiveConfiguration
    }

    /// The word for an absent value.
    package static let none = EffectiveConfiguration.plain("none")

    /// A number that is read back as the same bits, in a notation that all YAML readers accept as a number.
    package static func number(_ value: Double) -> EffectiveConfiguration {
        let text = value.description
        guard let exponent = text.firstIndex(of: "e"), !text[..<exponent].contains(".") else {
            return .plain(text)
        }
        return .plain("\(text[..<exponent]).0\(text[exponent...])")
    }

    /// The paths of all keys, parents before children.
    package func paths(under parent: String = "") -> [String] {
        guard case .map(let entries) = self else { return [] }
        return entries.flatMap { entry in
            let path = parent.isEmpty ? entry.key : "\(parent).\(entry.key)"
            return [path] + entry.value.paths(under: path)
        }
    }

    /// The configuration as YAML: maps as blocks, lists and their contents on one line.
    package var yaml: String {
        guard case .map(let entries) = self else { return "\(inline)\n" }
        var text = ""
        Self.write(entries, indentation: 0, into: &text)
        return text
    }

    private static func write(_ entries: [Entry], indentation: Int, into text: inout String) {
        for entry in entries {
            text += String(repeating: " ", count: indentation) + quoted(entry.key) + ":"
            if case .map(let children) = entry.value, !children.isEmpty {
                text += "\n"
                write(children, indentation: indentation + 2, into: &text)
            } else {
                text += " \(entry.value.inline)\n"
            }
        }
    }

    /// The configuration on one line.
    package var inline: String {
        switch self {
        case .plain(let text): text
        case .text(let text): Self.quoted(text)
        case .list(let elements): "[" + elements.map(\.inline).joined(separator: ", ") + "]"
        case .map(let entries):
            "{" + entries.map { "\(Self.quoted($0.key)): \($0.value.inline)" }.joined(separator: ", ") + "}"
        }
    }

    /// A text, in double quotes if a reader could take it for anything else.
    private static func quoted(_ text: String) -> String {
        let words: Set = ["true", "false", "null", "none", "yes", "no", "on", "off", "y", "n"]
        let isPlain =
            text.unicodeScalars.first.map { $0.isASCII && ($0.properties.isAlphabetic || $0 == "/") } ?? false
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-./".unicodeScalars.contains($0))
            }
        if isPlain, !words.contains(text.lowercased()) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || scalar.properties.isWhitespace && scalar != " " || scalar == "\u{FEFF}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
