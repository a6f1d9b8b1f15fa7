import LockstepText

/// A table of numbers whose cells are the darker the larger their share of the row.
public struct HeatMap: Sendable {
    public var title: String
    /// The names of rows and columns, and what they are.
    public var names: [String]
    public var rowName: String
    public var columnName: String
    /// Shape [rows, columns], row-major.
    public var counts: [Int]

    public init(title: String, names: [String], rowName: String, columnName: String, counts: [Int]) {
        self.title = title
        self.names = names
        self.rowName = rowName
        self.columnName = columnName
        self.counts = counts
    }
}

extension HeatMap: Panel {
    public func draw(in box: Box, of drawing: inout Drawing) {
        drawing.text(
            TextWidth.fit(title, width: box.width, size: 13), at: Point(box.x, box.y + 13),
            .init(13, bold: true))
        let count = names.count
        guard count > 0 else { return }
        let labels = min(
            90, names.map { TextWidth.of($0, size: 10) }.max() ?? 0)
        let left = box.x + 20 + labels + 6
        // Names that are too long for their columns stand upright.
        let widest = min(box.right - left - 4, box.bottom - box.y - 28 - 38)
        let areUpright = names.contains { TextWidth.of($0, size: 10) > widest / Double(count) - 4 }
        let below = areUpright ? labels + 8 : 18
        let side = min(box.right - left - 4, box.bottom - box.y - 28 - below - 20)
        let cell = side / Double(count)
        let top = box.y + 28
        let size = min(11, cell * 0.38)
        for (row, name) in names.enumerated() {
            let sum = max(1, counts[row * count..<(row + 1) * count].reduce(0, +))
            if cell >= 8 {
                drawing.text(
                    TextWidth.fit(name, width: labels, size: 10),
                    at: Point(left - 6, top + (Double(row) + 0.5) * cell + 3.5), .init(10), .end)
            }
            for column in names.indices {
                let number = counts[row * count + column]
                let share = Double(number) / Double(sum)
                let square = Box(
                    x: left + Double(column) * cell, y: top + Double(row) * cell, width: cell, height: cell)
                drawing.fill(square, .series(0), opacity: share)
                // Four digits must fit into the cell.
                if size >= 5, number > 0 {
                    let text = "\(number)"
                    let fitted = min(size, size * (cell - 2) / TextWidth.of(text, size: size))
                    drawing.text(
                        text, at: Point(square.x + cell / 2, square.y + cell / 2 + fitted * 0.36),
                        .init(fitted, share > 0.5 ? .paper : .text), .middle)
                }
            }
        }
        for line in 0...count {
            let offset = Double(line) * cell
            drawing.path(
                [Point(left + offset, top), Point(left + offset, top + side)], .init(.grid, width: 0.5))
            drawing.path(
                [Point(left, top + offset), Point(left + side, top + offset)], .init(.grid, width: 0.5))
        }
        for (column, name) in names.enumerated() where cell >= 8 {
            let x = left + (Double(column) + 0.5) * cell
            let text = TextWidth.fit(name, width: labels, size: 10)
            if areUpright {
                drawing.text(text, at: Point(x + 3.5, top + side + 6), .init(10), .end, vertical: true)
            } else {
                drawing.text(text, at: Point(x, top + side + 14), .init(10), .middle)
            }
        }
        drawing.text(
            columnName, at: Point(left + side / 2, top + side + below + 14), .init(11, .muted), .middle)
        drawing.text(
            rowName, at: Point(box.x + 11, top + side / 2), .init(11, .muted), .middle, vertical: true)
    }
}
