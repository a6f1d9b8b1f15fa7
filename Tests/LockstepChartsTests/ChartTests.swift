import Foundation
import FoundationXML
import LockstepCharts
import Testing

/// Pictures: well-formed, with every curve, inside their frame.
@Suite struct ChartTests {
    /// The elements of a picture.
    private final class Elements: NSObject, XMLParserDelegate {
        var all: [(name: String, attributes: [String: String])] = []
        var texts: [String] = []

        init(_ svg: String) {
            super.init()
            let parser = XMLParser(data: Data(svg.utf8))
            parser.delegate = self
            #expect(parser.parse(), "not well-formed: \(svg.prefix(300))")
        }

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String] = [:]
        ) {
            all.append((name, attributes))
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { texts.append(string) }
    }

    private func chart(_ points: [Point], _ name: String = "loss") -> Figure {
        Figure(
            title: "a <run> & \"more\"", legend: [LegendEntry(name, color: 0)],
            panels: [Chart(title: name, xName: "step", yName: name, series: [.init(name, points, color: 0)])])
    }

    private func curves(_ elements: Elements) -> [String] {
        elements.all.filter { $0.name == "path" && $0.attributes["stroke-width"] == "1.5" }
            .compactMap { $0.attributes["d"] }
    }

    @Test func aCurveIsDrawn() {
        let elements = Elements(
            SVGWriter.text(chart((0..<10).map { Point(Double($0), Double($0 * $0)) }).drawing))
        #expect(curves(elements).count == 1)
        #expect(curves(elements)[0].count { $0 == "L" } == 9)
        #expect(elements.texts.joined().contains("a <run> & \"more\""))
    }

    @Test func missingValuesInterruptACurve() {
        let values = [1, 2, .nan, 4, 5, .infinity, 7]
        let elements = Elements(
            SVGWriter.text(chart(values.enumerated().map { Point(Double($0), $1) }).drawing))
        #expect(curves(elements).count == 2)
        // A single point between gaps is a dot.
        #expect(elements.all.count { $0.name == "circle" } == 1)
    }

    @Test func nothingLeavesTheFrame() throws {
        let points = (0..<50).map { Point(Double($0) * 1e7, sin(Double($0)) * 1e-5) }
        let drawing = chart(points, String(repeating: "a long name ", count: 20)).drawing
        for element in Elements(SVGWriter.text(drawing)).all {
            for (name, size) in [("x", drawing.width), ("y", drawing.height)] {
                if let place = element.attributes[name].flatMap(Double.init) {
                    #expect((0...size).contains(place))
                }
            }
            let numbers = (element.attributes["d"] ?? "").split { !"0123456789.-".contains($0) }.compactMap {
                Double($0)
            }
            #expect(numbers.allSatisfy { (0...max(drawing.width, drawing.height)).contains($0) })
        }
    }

    @Test func manyPointsAreThinnedAndKeepTheirExtremes() {
        var points = (0..<100_000).map { Point(Double($0), sin(Double($0) / 5000)) }
        points[54_321].y = 3
        let svg = SVGWriter.text(chart(points).drawing)
        #expect(svg.utf8.count < 60_000)
        let heights = curves(Elements(svg)).joined().split(whereSeparator: { "ML ".contains($0) })
            .enumerated()
            .filter { $0.offset % 2 == 1 }.compactMap { Double($0.element) }
        // The axis ends at 3: the outlier reaches the top of the plot, all others stay well below.
        let top = heights.min() ?? 0
        #expect(heights.count { $0 < top + 1 } == 1)
    }

    @Test func equalDrawingsAreEqualBytes() {
        let points = [Point(0, 1), Point(1, 0.1)]
        #expect(SVGWriter.text(chart(points).drawing) == SVGWriter.text(chart(points).drawing))
    }

    @Test func aPageDecidesTheColors() {
        let svg = SVGWriter.text(chart([Point(0, 1), Point(1, 2)]).drawing, theme: .page)
        #expect(svg.contains("var(--series-0)") && !svg.contains("#0072b2"))
        #expect(
            Ink.lightVariables.contains("--series-0:#0072b2;") && Ink.darkVariables.contains("--series-0:"))
    }

    @Test func aHeatMapHasACellForEachCount() {
        let map = HeatMap(
            title: "confusion", names: ["cat", "dog"], rowName: "actual", columnName: "predicted",
            counts: [8, 2, 0, 10])
        let elements = Elements(SVGWriter.text(Figure(title: "", panels: [map]).drawing))
        let cells = elements.all.filter { $0.name == "rect" }.dropFirst()
        #expect(cells.map { $0.attributes["fill-opacity"] ?? "1" } == ["0.8", "0.2", "0", "1"])
        for text in ["8", "2", "10", "cat", "dog", "actual", "predicted"] {
            #expect(elements.texts.contains(text))
        }
    }

    @Test(arguments: [true, false]) func aTerminalChartFitsItsSize(isBraille: Bool) {
        let series = [
            Chart.Series("training", (0..<200).map { Point(Double($0), 1 / Double($0 + 1)) }, color: 0),
            Chart.Series("validation", [Point(50, 0.5), Point(150, 0.3)], color: 1),
        ]
        let chart = TextChart(
            title: "loss", series: series, marks: isBraille ? .braille : .ascii, hasColors: false)
        for (width, height) in [(80, 20), (30, 6), (200, 50)] {
            let lines = chart.lines(width: width, height: height)
            #expect(lines.count == height && lines.allSatisfy { $0.count <= width })
            #expect(isBraille || lines.joined().allSatisfy { $0.isASCII })
        }
        #expect(!chart.lines(width: 80, height: 20).joined().contains("\u{1B}"))
        let colored = TextChart(title: "loss", series: series, hasColors: true).lines(width: 80, height: 20)
        #expect(colored.joined().contains("\u{1B}[34m"))
        #expect(
            TextChart(title: "loss", series: [], hasColors: false).lines(width: 80, height: 20).count == 2)
    }
}
