extension String {
    /// The text for a message: control characters are escaped as `\u{1b}`, and long texts are truncated.
    package func printable(upTo longest: Int = 400) -> String {
        let start = unicodeScalars.prefix(longest)
        var text = ""
        for scalar in start {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return start.endIndex < endIndex ? text + "..." : text
    }
}
