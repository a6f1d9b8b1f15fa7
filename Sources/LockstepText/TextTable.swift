/// Rows of cells in aligned columns; escapes texts from files.
package enum TextTable {
    /// Makes each column as wide as its widest cell, with two spaces between; `right` aligns all but the
    /// first to the right.
    package static func aligned(_ cells: [[String]], right: Bool = false) -> String {
        let rows = cells.map { $0.map(\.printable) }
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                if column > 0 { line += "  " }
                line += right && column > 0 ? blanks + cell : cell + blanks
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
