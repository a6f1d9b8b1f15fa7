import LockstepText

extension ConfigurationReference {
    /// Keys as a table for a terminal: meanings are wrapped to its width, and blank lines separate topics.
    /// - Parameter columns: the width of the terminal.
    public static func table(_ keys: [Key], columns: Int) -> String {
        let rows = keys.map { cells($0).map(\.printable) }
        let widths = (0..<2).map { column in ([heading] + rows).map { $0[column].count }.max() ?? 0 }
        let indentation = widths[0] + widths[1] + 4
        // If there is little space, the meaning is below its key.
        let isBelow = columns - indentation < 30
        let margin = isBelow ? 4 : indentation
        func text(_ row: [String]) -> String {
            let lines = wrapped(row[2], to: max(20, columns - 1 - margin))
            let blanks = String(repeating: " ", count: margin)
            if isBelow { return "\(row[0])  \(row[1])\n" + lines.map { blanks + $0 + "\n" }.joined() }
            let head = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count + 2)
            }
            return head.joined() + lines.joined(separator: "\n" + blanks) + "\n"
        }
        var table = text(heading)
        var last: String?
        for (row, (_, topic)) in zip(rows, topics(keys)) {
            if let last, last != topic { table += "\n" }
            last = topic
            table += text(row)
        }
        return table
    }

    /// Wraps a text to lines of at most `width` characters; a longer word gets a separate line.
    private static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
