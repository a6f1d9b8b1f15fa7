extension String {
    /// The text as a message may have it: without what a terminal obeys, which is written as `\u{1b}`, and not longer than can be read.
    func printable(upTo longest: Int = 400) -> String {
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
