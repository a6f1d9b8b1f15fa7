import Foundation
import LockstepCharts
import LockstepInference
import LockstepReports
import LockstepRunLog
import Testing

/// Which curves a plot of runs and an evaluation have.
@Suite struct RunPlotTests {
    @Test func aRunHasItsCurves() throws {
        let run = try RunFolder()
        let charts = try RunPlot(directories: [run.path]).charts
        #expect(
            charts.map(\.title) == [
                "loss", "accuracy", "learning rate", "gradient norm, before clipping",
                "throughput, mean since the start or resume",
            ])
        #expect(charts[0].series.map(\.name) == ["training", "validation"])
        #expect(charts[0].series[0].points.count == 20)
        #expect(charts[0].series[1].points == [Point(10, 1.1 / 10), Point(20, 1.1 / 20)])
        #expect(charts[4].yName == "samples per second")
    }

    @Test func metricsAndAxisAreChosen() throws {
        let run = try RunFolder()
        var plot = try RunPlot(directories: [run.path])
        plot.metrics = ["macro_f1"]
        plot.axis = .samples
        #expect(plot.charts.map(\.title)[1] == "macro f1")
        #expect(plot.charts[0].series[0].points[3].x == 128)
        #expect(plot.charts[0].xName == "samples")
        #expect(plot.metricNames == ["loss", "accuracy", "macro_f1"])
    }

    @Test func trainingValuesAreSmoothed() throws {
        let run = try RunFolder()
        var plot = try RunPlot(directories: [run.path])
        plot.smoothing = 2
        let points = plot.charts[0].series[0].points.map(\.y)
        #expect(points[0] == 1 && points[1] == 0.75 && abs(points[2] - (0.5 + 1.0 / 3) / 2) < 1e-15)
        // Evaluations are not.
        #expect(plot.charts[0].series[1].points[1].y == 1.1 / 20)
    }

    @Test func runsHaveTheirColors() throws {
        let (first, second) = (try RunFolder("first"), try RunFolder("second", steps: 10))
        let plot = try RunPlot(directories: [first.path, second.path])
        #expect(plot.charts[0].series.map(\.color) == [0, 0, 1, 1])
        let svg = SVGWriter.text(plot.figure.drawing)
        #expect(svg.contains(">first<") && svg.contains(">second<") && svg.contains(">2 runs<"))
        let other = try RunFolder("first")
        // Two runs of one name are told apart by their paths.
        let same = try RunPlot(directories: [first.path, other.path])
        #expect(SVGWriter.text(same.figure.drawing).contains("reports-"))
    }

    @Test func aDirectoryWithoutRecordsIsAnError() throws {
        let empty = try RunFolder(steps: 0)
        #expect(throws: ReportError.self) { try RunPlot(directories: [empty.path]) }
        #expect {
            try RunPlot(directories: ["/no/such/run"])
        } throws: {
            "\($0)".contains("/no/such/run/metrics.jsonl cannot be read")
                && "\($0)".contains("directory of a run")
        }
    }

    @Test func theEndOfANameDecidesTheFormat() throws {
        #expect(try PictureFile("a.svg").format == .svg && PictureFile("b.PNG").format == .png)
        #expect(throws: ReportError.self) { try PictureFile("a.pdf") }
        #expect(throws: ReportError.self) { try PictureFile("svg") }
    }

    private func predictions(classes: Int, samples: Int) -> ClassPredictions {
        var predictions = ClassPredictions(classes: (0..<classes).map { "class \($0)" })
        for sample in 0..<samples {
            let (label, predicted) = (sample % classes, (sample + sample / 7 % 2) % classes)
            predictions.append(
                label: label, predicted: predicted,
                probabilities: (0..<classes).map { $0 == predicted ? 0.8 : 0.2 / Double(classes - 1) })
        }
        return predictions
    }

    @Test(arguments: [(2, 1, 4), (5, 5, 4), (30, 1, 4), (60, 1, 3)])
    func anEvaluationHasAPanelForEachQuestion(classes: Int, curves: Int, panels: Int) throws {
        let plot = EvaluationPlot(predictions(classes: classes, samples: 600), set: "test", name: "run")
        #expect(plot.panels.count == panels)
        let charts = plot.panels.compactMap { $0 as? Chart }
        #expect(charts.map { $0.series.count } == [curves, curves, 1])
        #expect(SVGWriter.text(plot.figure.drawing).contains("run: test set, 600 samples"))
    }

    @Test func aConfusionMatrixCounts() {
        var predictions = ClassPredictions(classes: ["a", "b"])
        for (label, predicted) in [(0, 0), (0, 1), (1, 1), (1, 1)] {
            predictions.append(label: label, predicted: predicted, probabilities: [0.5, 0.5])
        }
        #expect(predictions.confusion == [1, 1, 0, 2])
    }
}
