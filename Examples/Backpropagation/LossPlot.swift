import Foundation

/// A plot of the loss over the steps: as text for a terminal, and as SVG for a page.
struct LossPlot {
    let losses: [Double]
    private var top: Double { (losses.max() ?? 1) * 1.05 }

    /// A text of 12 rows and 60 columns; a column shows the mean of its steps.
    var text: String {
        let (rows, columns) = (12, 60)
        let levels = (0..<columns).map { column in
            let steps = losses[losses.count * column / columns..<losses.count * (column + 1) / columns]
            return Int(steps.reduce(0, +) / Double(steps.count) / top * Double(rows))
        }
        let lines = (0..<rows).reversed().map { row in
            let label = String(format: "%6.3f |", top * (Double(row) + 0.5) / Double(rows))
            return label + levels.map { $0 == row ? "*" : " " }.joined()
        }
        let axis = "       +" + String(repeating: "-", count: columns)
        return (lines + [axis, "        step 1" + String(format: "%54d", losses.count)]).joined(
            separator: "\n")
    }

    /// A drawing of 640 x 400 points.
    var svg: String {
        let points = losses.enumerated().map { step, loss in
            String(
                format: "%.1f,%.1f", 60 + 560 * Double(step) / Double(losses.count), 360 - 340 * loss / top)
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="640" height="400" font-family="sans-serif">
            <path d="M60,20 V360 H620" fill="none" stroke="black"/>
            <polyline points="\(points.joined(separator: " "))" fill="none" stroke="steelblue"/>
            <text x="5" y="30">\(String(format: "%.3f", top))</text><text x="5" y="190">loss</text>
            <text x="60" y="380">step 1</text><text x="580" y="380">\(losses.count)</text>
            </svg>

            """
    }
}
