/// Curves drawn with characters, for a terminal.
public struct TextChart: Sendable {
    /// What a curve is drawn with.
    public enum Marks: Sendable {
        /// Braille characters, each of 2 x 4 dots.
        case braille
        /// One `*` for each cell: for terminals without UTF-8.
        case ascii
    }

    public var title: String
    public var series: [Chart.Series]
    public var marks: Marks
    public var hasColors: Bool

    /// A chart.
    /// - Parameter hasColors: whether escape codes color the curves.
    public init(title: String, series: [Chart.Series], marks: Marks = .braille, hasColors: Bool) {
        self.title = title
        self.series = series
        self.marks = marks
        self.hasColors = hasColors
    }

    /// ANSI colors of the curves: blue, yellow, green, magenta, cyan.
    private static let codes = [34, 33, 32, 35, 36]

    private func painted(_ text: String, _ color: Int) -> String {
        hasColors ? "\u{1B}[\(Self.codes[color % Self.codes.count])m\(text)\u{1B}[0m" : text
    }

    /// The lines of the chart: a title, the curves with numbers at their left, and the numbers below.
    ///
    /// Without escape codes no line is longer than `width` characters.
    public func lines(width: Int, height: Int) -> [String] {
        var title = title
        var names = ""
        for curve in series where title.count + curve.name.count + 3 <= width {
            title += "  - \(curve.name)"
            names += "  " + painted("\u{2500}", curve.color) + " \(curve.name)"
        }
        let heading = marks == .braille ? self.title + names : title
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        let rows = max(2, height - 2)
        guard !points.isEmpty else { return [heading, "(nothing logged yet)"] }
        let y = AxisScale(covering: points.map(\.y), count: max(2, rows / 3))
        let x = AxisScale(covering: points.map(\.x), count: max(2, width / 16), isRounded: false)
        // Each tick at the row that it lies in; the first of two in one row.
        var labels: [Int: String] = [:]
        for tick in y.ticks {
            guard let share = y.place(tick.value) else { continue }
            let row = min(rows - 1, max(0, Int((1 - share) * Double(rows))))
            if labels[row] == nil { labels[row] = tick.text + (y.exponent == 0 ? "" : "e\(y.exponent)") }
        }
        let margin = (labels.values.map(\.count).max() ?? 0) + 1
        let columns = width - margin - 1
        guard columns >= 4 else { return [heading] }
        let cells = cells(columns: columns, rows: rows, x, y)
        var lines = [heading]
        for row in 0..<rows {
            let label = labels[row] ?? ""
            var line = String(repeating: " ", count: margin - 1 - label.count) + label
            line += marks == .braille ? (label.isEmpty ? "\u{2502}" : "\u{2524}") : "|"
            for column in 0..<columns {
                let cell = cells[row * columns + column]
                guard cell.bits != 0 else {
                    line += " "
                    continue
                }
                let mark =
                    marks == .braille
                    ? String(Unicode.Scalar(0x2800 + UInt32(cell.bits)).map(Character.init) ?? " ") : "*"
                line += painted(mark, cell.color)
            }
            lines.append(line)
        }
        lines.append(below(x, margin: margin, columns: columns))
        return lines
    }

    private struct Cell {
        var bits: UInt8 = 0
        var color = 0
    }

    /// The bits of a Braille character by column and row of its dots.
    private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

    /// The cells of all curves; where two meet, the later one decides the color.
    private func cells(columns: Int, rows: Int, _ x: AxisScale, _ y: AxisScale) -> [Cell] {
        var cells = [Cell](repeating: Cell(), count: columns * rows)
        let (width, height) = (columns * 2, rows * 4)
        func set(_ column: Int, _ row: Int, _ color: Int) {
            let index = row / 4 * columns + column / 2
            cells[index].bits |= Self.bits[column % 2][row % 4]
            cells[index].color = color
        }
        for curve in series {
            var last: (column: Int, row: Int)?
            for point in curve.points {
                guard let across = x.place(point.x), let up = y.place(point.y), (0...1).contains(across)
                else {
                    last = nil
                    continue
                }
                let column = min(width - 1, Int(across * Double(width)))
                let row = min(height - 1, max(0, Int((1 - up) * Double(height))))
                let from = last ?? (column, row)
                let count = max(1, max(abs(column - from.column), abs(row - from.row)))
                for step in 0...count {
                    set(
                        from.column + (column - from.column) * step / count,
                        from.row + (row - from.row) * step / count, curve.color)
                }
                last = (column, row)
            }
        }
        return cells
    }

    /// The numbers below the curves, as many as do not touch each other.
    private func below(_ x: AxisScale, margin: Int, columns: Int) -> String {
        var line = [Character](repeating: " ", count: margin + columns + 1)
        var free = 0
        for tick in x.ticks {
            guard let share = x.place(tick.value) else { continue }
            let text = Array(tick.text + (x.exponent == 0 ? "" : "e\(x.exponent)"))
            let start = max(
                0, min(line.count - text.count, margin + Int(share * Double(columns)) - text.count / 2))
            guard start >= free, start + text.count <= line.count else { continue }
            for (index, character) in text.enumerated() { line[start + index] = character }
            free = start + text.count + 2
        }
        while line.last == " " { line.removeLast() }
        return String(line)
    }
}
