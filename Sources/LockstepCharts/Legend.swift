/// A name and the mark that it stands for.
public struct LegendEntry: Sendable {
    var name: String
    var ink: Ink
    var marks: Chart.Marks
    var dashes: [Double]

    /// - Parameter color: the number of the color; nil for a neutral entry.
    public init(_ name: String, color: Int?, marks: Chart.Marks = .line, dashed: Bool = false) {
        self.name = name
        ink = color.map { .series($0) } ?? .muted
        self.marks = marks
        dashes = dashed ? [5, 3] : color.map { Ink.dashes(ofSeries: $0) } ?? []
    }

    init(_ series: Chart.Series) {
        self.init(series.name, color: series.color, marks: series.marks, dashed: series.isDashed)
    }
}

/// The names of curves, in rows.
enum Legend {
    private static let size = 11.0
    private static let row = 17.0

    /// The rows of entries for a width, each with its place.
    private static func layout(_ entries: [LegendEntry], width: Double) -> (places: [Point], rows: Int) {
        var places: [Point] = []
        var (x, rows) = (0.0, entries.isEmpty ? 0 : 1)
        var lengths = entries.map { min(width, 32 + TextWidth.of($0.name, size: size) + 14) }
        // Entries of several rows stand in columns.
        if lengths.reduce(0, +) > width + 14, let longest = lengths.max() {
            lengths = lengths.map { _ in longest }
        }
        for length in lengths {
            if x > 0, x + length > width + 14 {
                x = 0
                rows += 1
            }
            places.append(Point(x, Double(rows - 1) * row))
            x += length
        }
        return (places, rows)
    }

    /// The height in pixels.
    static func height(_ entries: [LegendEntry], width: Double) -> Double {
        Double(layout(entries, width: width).rows) * row
    }

    /// Draws the entries and returns their height.
    static func draw(
        _ entries: [LegendEntry], at corner: Point, width: Double, of drawing: inout Drawing
    ) -> Double {
        let (places, rows) = layout(entries, width: width)
        for (entry, place) in zip(entries, places) {
            let (x, y) = (corner.x + place.x, corner.y + place.y + row / 2)
            drawing.path([Point(x, y), Point(x + 26, y)], .init(entry.ink, width: 2, dashes: entry.dashes))
            if entry.marks == .dots { drawing.dot(Point(x + 13, y), radius: 3, entry.ink) }
            drawing.text(
                TextWidth.fit(entry.name, width: width - 32, size: size), at: Point(x + 32, y + 4),
                .init(size))
        }
        return Double(rows) * row
    }
}
