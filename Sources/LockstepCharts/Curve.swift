/// The marks of one series in the pixels of a plot.
struct Curve {
    private let series: Chart.Series
    /// The parts between points that have no place.
    private let parts: [[Point]]

    /// - Parameters:
    ///   - place: the place of a point in the drawing; nil for none.
    ///   - columns: the width of the plot in pixels.
    init(_ series: Chart.Series, _ place: (Point) -> Point?, columns: Int) {
        self.series = series
        var parts: [[Point]] = [[]]
        for point in series.points {
            if let place = place(point) {
                parts[parts.count - 1].append(place)
            } else if parts.last?.isEmpty == false {
                parts.append([])
            }
        }
        self.parts =
            series.marks == .cloud ? parts : parts.map { Self.thinned($0, limit: 4 * max(1, columns)) }
    }

    func draw(in drawing: inout Drawing) {
        guard series.marks != .cloud else {
            for point in parts.joined() { drawing.dot(point, radius: 1.5, .series(series.color)) }
            return
        }
        let dashes = series.isDashed ? [5, 3] : Ink.dashes(ofSeries: series.color)
        let stroke = Drawing.Stroke(
            .series(series.color), width: 1.5, dashes: dashes, opacity: series.opacity)
        for part in parts where part.count > 1 { drawing.path(part, stroke) }
        let isSparse = parts.reduce(0) { $0 + $1.count } <= 60
        for part in parts where part.count == 1 || (series.marks == .dots && isSparse) {
            for point in part {
                drawing.dot(point, radius: series.isDashed ? 4.5 : 2.5, .series(series.color))
                // A ring: it differs from the dots of another curve in the same color, even alone.
                if series.isDashed { drawing.dot(point, radius: 2.5, .paper) }
            }
        }
    }

    /// At most four points of each pixel's column: the first, the lowest, the highest and the last, which look like all.
    static func thinned(_ points: [Point], limit: Int) -> [Point] {
        guard points.count > limit else { return points }
        var result: [Point] = []
        var start = 0
        while start < points.count {
            var end = start
            var (low, high) = (start, start)
            while end < points.count, points[end].x.rounded(.down) == points[start].x.rounded(.down) {
                if points[end].y < points[low].y { low = end }
                if points[end].y > points[high].y { high = end }
                end += 1
            }
            for index in Set([start, low, high, end - 1]).sorted() { result.append(points[index]) }
            start = end
        }
        return result
    }
}
