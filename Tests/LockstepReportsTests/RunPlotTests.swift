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
        let plot = EvaluationPlot(
            .classes(predictions(classes: classes, samples: 600)), set: "test", name: "run")
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

    /// The pictures of labels have the curves of the most frequent ones, and of all together.
    @Test(arguments: [(1, 1), (3, 4), (20, 9)]) func labelsHaveCurves(_ labels: Int, _ curves: Int) {
        var predictions = LabelPredictions(labels: (0..<labels).map { "label \($0)" })
        for sample in 0..<300 {
            // The last labels are the most frequent.
            let targets = (0..<labels).map { sample % (labels - $0 + 1) == 0 }
            predictions.append(
                targets: targets, predicted: targets, probabilities: targets.map { $0 ? 0.9 : 0.1 })
        }
        let charts = EvaluationPlot(.labels(predictions), set: "test", name: "run").panels
            .compactMap { $0 as? Chart }
        #expect(charts.map { $0.series.count } == [curves, curves, 1])
        #expect(charts[0].series.allSatisfy { $0.name.hasSuffix("(area 1.000)") })
        #expect(charts[0].series.contains { $0.name.hasPrefix("label \(labels - 1) ") })
        #expect(charts[0].series.contains { $0.name.hasPrefix("label 0 ") } == (labels < 9))
    }

    /// Of many samples a part is drawn, and all count for R².
    @Test func aRegressionHasPredictionsAndResiduals() {
        var predictions = NumberPredictions(names: [" 0", " 1"])
        for sample in 0..<5000 {
            let value = Double(sample)
            predictions.append(
                targets: [value, 1], predictions: [sample % 2 == 0 ? value + 1 : value - 1, 1])
        }
        let plot = EvaluationPlot(.numbers(predictions), set: "test", name: "run")
        let charts = plot.panels.compactMap { $0 as? Chart }
        #expect(charts.count == 4 && charts.allSatisfy { $0.series[0].points.count <= 2000 })
        #expect(
            charts[0].title.hasSuffix(", number 0 (R² 1.000)")
                && charts[0].xName == "actual (1,667 of 5,000 samples)", "\(charts[0].title)")
        #expect(charts[1].series[0].points.allSatisfy { abs($0.y) == 1 })
        #expect(SVGWriter.text(plot.figure.drawing).utf8.count < 1_000_000)
    }

    /// The test at the end of a run with restore_best stands at the step of the restored parameters.
    @Test func theTestStandsAtItsStep() throws {
        let folder = try RunFolder()
        var lines = (1...4).map {
            "{\"step\": \($0), \"epoch\": 1, \"samples\": \($0 * 8), \"loss\": 1, \"seconds\": \($0)}"
        }
        lines.append("{\"step\": 4, \"epoch\": 1, \"samples\": 32, \"validation_loss\": 2}")
        lines.append("{\"step\": 4, \"epoch\": 1, \"samples\": 32, \"test_loss\": 3}")
        try folder.write("metrics.jsonl", lines.joined(separator: "\n") + "\n")
        let before = try RunHistory(directory: folder.path)
        #expect(before.evaluationValues("loss", of: "test", over: .step).map(\.x) == [4])
        try folder.write("summary.json", "{\"steps\": 4, \"final_model_step\": 3}")
        let run = try RunHistory(directory: folder.path)
        for (axis, place) in [(RunHistory.Axis.step, 3.0), (.samples, 24), (.seconds, 3)] {
            #expect(run.evaluationValues("loss", of: "test", over: axis).map(\.x) == [place])
        }
        #expect(run.evaluationValues("loss", of: "validation", over: .step).map(\.x) == [4])
    }
}
