/// A part of a figure.
public protocol Panel: Sendable {
    /// Draws itself within a rectangle.
    func draw(in box: Box, of drawing: inout Drawing)
}

/// Panels side by side in rows, under one title and one legend.
public struct Figure: Sendable {
    public var title: String
    public var legend: [LegendEntry]
    public var panels: [any Panel]
    /// Panels of a row.
    public var columns: Int
    /// The size of a panel in pixels.
    public var panelWidth: Double
    public var panelHeight: Double

    public init(
        title: String, legend: [LegendEntry] = [], panels: [any Panel] = [], columns: Int = 2,
        panelWidth: Double = 400, panelHeight: Double = 270
    ) {
        self.title = title
        self.legend = legend
        self.panels = panels
        self.columns = columns
        self.panelWidth = panelWidth
        self.panelHeight = panelHeight
    }

    /// The picture.
    public var drawing: Drawing {
        let margin = 16.0
        let columns = max(1, min(self.columns, panels.count))
        let width = Double(columns) * (panelWidth + margin) + margin
        let inner = width - 2 * margin
        let titleHeight = title.isEmpty ? 0.0 : 26
        let legendHeight = Legend.height(legend, width: inner)
        let rows = (panels.count + columns - 1) / columns
        let top = margin + titleHeight + legendHeight + (legend.isEmpty ? 0 : 10)
        var drawing = Drawing(
            width: width, height: top + Double(rows) * (panelHeight + margin), title: title)
        if !title.isEmpty {
            drawing.text(
                TextWidth.fit(title, width: inner, size: 16), at: Point(margin, margin + 14),
                .init(16, bold: true))
        }
        _ = Legend.draw(legend, at: Point(margin, margin + titleHeight), width: inner, of: &drawing)
        for (number, panel) in panels.enumerated() {
            let box = Box(
                x: margin + Double(number % columns) * (panelWidth + margin),
                y: top + Double(number / columns) * (panelHeight + margin), width: panelWidth,
                height: panelHeight)
            panel.draw(in: box, of: &drawing)
        }
        return drawing
    }
}
