/// A line of CSV. Source: RFC 4180.
enum CSVLine {
    /// A field, in quotes where it needs them; a line break within it becomes a blank.
    static func quoted(_ field: String) -> String {
        let field = field.replacing("\n", with: " ").replacing("\r", with: " ")
        guard field.contains(where: { $0 == "\"" || $0 == "," }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    /// The fields of a line.
    static func fields(_ line: String) -> [String] {
        var fields = [""]
        var isQuoted = false
        var before: Character?
        for character in line {
            switch character {
            case "\"":
                // Two quotes within quotes stand for one.
                if !isQuoted, before == "\"", !fields[fields.count - 1].isEmpty {
                    fields[fields.count - 1].append("\"")
                }
                isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            default: fields[fields.count - 1].append(character)
            }
            before = character
        }
        return fields
    }
}
