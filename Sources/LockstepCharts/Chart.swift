/// Curves over one pair of axes.
public struct Chart: Sendable {
    /// The marks of a curve.
    public enum Marks: Sendable {
        case line
        /// A line with a dot at each point: for few points.
        case dots
        /// Small dots without a line, in any order: for a cloud of points.
        case cloud
    }

    /// One curve. Points that are not finite interrupt it.
    public struct Series: Sendable {
        public var name: String
        public var points: [Point]
        /// The number of its color.
        public var color: Int
        public var marks: Marks
        public var isDashed: Bool
        public var opacity: Double

        public init(
            _ name: String, _ points: [Point], color: Int, marks: Marks = .line, dashed: Bool = false,
            opacity: Double = 1
        ) {
            self.name = name
            self.points = points
            self.color = color
            self.marks = marks
            isDashed = dashed
            self.opacity = opacity
        }
    }

    public var title: String
    /// The names of the axes, with units.
    public var xName: String
    public var yName: String
    public var series: [Series]
    public var yKind: AxisScale.Kind
    /// A range that the axes show at least; nil for the points alone.
    public var xRange: ClosedRange<Double>?
    public var yRange: ClosedRange<Double>?
    /// A line from one corner to the other, where x equals y.
    public var hasDiagonal: Bool
    /// Whether the curves' names stand above them.
    public var hasLegend: Bool

    public init(
        title: String, xName: String, yName: String, series: [Series] = [], yKind: AxisScale.Kind = .linear,
        xRange: ClosedRange<Double>? = nil, yRange: ClosedRange<Double>? = nil, hasDiagonal: Bool = false,
        hasLegend: Bool = false
    ) {
        self.title = title
        self.xName = xName
        self.yName = yName
        self.series = series
        self.yKind = yKind
        self.xRange = xRange
        self.yRange = yRange
        self.hasDiagonal = hasDiagonal
        self.hasLegend = hasLegend
    }

    /// The range of the y axis for values: outliers, such as the losses of the first steps, may not flatten the rest.
    private var yScale: AxisScale {
        AxisScale(covering: series.flatMap { $0.points.map(\.y) }, kind: yKind, including: yRange)
    }

    private func xScale(width: Double) -> AxisScale {
        AxisScale(
            covering: series.flatMap { $0.points.map(\.x) }, count: max(2, Int(width / 70)), isRounded: false,
            including: xRange)
    }
}

extension Chart: Panel {
    public func draw(in box: Box, of drawing: inout Drawing) {
        let small = 11.0
        drawing.text(
            TextWidth.fit(title, width: box.width, size: 13), at: Point(box.x, box.y + 13),
            .init(13, bold: true))
        var top = box.y + 24
        if hasLegend {
            let entries = series.map { LegendEntry($0) }
            top += Legend.draw(entries, at: Point(box.x, top), width: box.width, of: &drawing) + 4
        }
        let yScale = yScale
        let tickWidth = yScale.ticks.map { TextWidth.of($0.text, size: small) }.max() ?? 0
        let left = box.x + 18 + tickWidth + 6
        let plot = Box(x: left, y: top + 4, width: box.right - left - 12, height: box.bottom - top - 42)
        let xScale = xScale(width: plot.width)
        guard plot.width > 20, plot.height > 20 else { return }

        func place(_ point: Point) -> Point? {
            guard let x = xScale.place(point.x), let y = yScale.place(point.y) else { return nil }
            return Point(plot.x + x * plot.width, plot.bottom - y * plot.height)
        }
        for tick in yScale.ticks {
            guard let share = yScale.place(tick.value) else { continue }
            let y = plot.bottom - share * plot.height
            drawing.path([Point(plot.x, y), Point(plot.right, y)], .init(.grid))
            drawing.text(tick.text, at: Point(plot.x - 6, y + 4), .init(small), .end)
        }
        for tick in xScale.ticks {
            guard let share = xScale.place(tick.value) else { continue }
            let x = plot.x + share * plot.width
            drawing.path([Point(x, plot.bottom), Point(x, plot.bottom + 4)], .init(.muted))
            drawing.text(tick.text, at: Point(x, plot.bottom + 16), .init(small), .middle)
        }
        drawing.path([Point(plot.x, plot.bottom), Point(plot.right, plot.bottom)], .init(.muted))
        drawing.text(
            Self.named(xName, xScale), at: Point(plot.x + plot.width / 2, plot.bottom + 32),
            .init(small, .muted), .middle)
        drawing.text(
            Self.named(yName, yScale), at: Point(box.x + 11, plot.y + plot.height / 2),
            .init(small, .muted), .middle, vertical: true)
        if hasDiagonal, let start = place(Point(0, 0)), let end = place(Point(1, 1)) {
            drawing.path([start, end], .init(.muted, dashes: [4, 3]))
        }
        for curve in series { Curve(curve, place, columns: Int(plot.width)).draw(in: &drawing) }
    }

    private static func named(_ name: String, _ scale: AxisScale) -> String {
        scale.exponent == 0 ? name : "\(name) (×10\(AxisScale.superscript(scale.exponent)))"
    }
}
