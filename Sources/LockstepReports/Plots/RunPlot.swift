import LockstepCharts
import LockstepFiles
import LockstepRunLog

/// The curves of one or several runs: losses and metrics of training and evaluation, learning rate, gradient norm, throughput.
public struct RunPlot: Sendable {
    /// The runs, in the order of their colors.
    public let runs: [RunHistory]
    /// The quantity on the x axis.
    public var axis: RunHistory.Axis = .step
    /// The metrics that are shown besides the loss; nil for the default choice, empty for none.
    public var metrics: [String]?
    /// The number of log records over which training values are averaged.
    public var smoothing = 1

    /// The plot of runs.
    public init(_ runs: [RunHistory]) { self.runs = runs }

    /// Reads the runs.
    /// - Throws: `ReportError` for a directory that has no records.
    public init(directories: [String]) throws(ReportError) {
        var runs: [RunHistory] = []
        for directory in directories {
            do throws(FileError) {
                runs.append(try RunHistory(directory: directory))
            } catch {
                throw .unreadable(error)
            }
            guard runs.last?.steps.isEmpty == false else {
                throw ReportError(
                    "\(directory)/metrics.jsonl has no record of a step yet, so there is nothing to plot.")
            }
        }
        self.runs = runs
    }

    /// The names of all evaluated metrics.
    public var metricNames: [String] {
        var names: [String] = []
        for run in runs { for name in run.metricNames where !names.contains(name) { names.append(name) } }
        return names
    }

    /// The names of values that only training logs, such as the parts of a loss.
    public var trainingNames: [String] {
        let known = ["epoch", "samples", "loss", "seconds", "slowest_rank", "learning_rate", "gradient_norm"]
        let evaluated = metricNames
        return (runs.first?.stepNames ?? []).filter { name in
            !known.contains(name) && !name.hasSuffix("_per_second") && !name.hasPrefix("rank_seconds_")
                && !evaluated.contains(name)
        }
    }

    /// The default metrics: those that training also logs, or else the first besides the loss; and values that only training logs.
    private var shownMetrics: [String] {
        if let metrics { return metrics.filter { $0 != "loss" } }
        let others = metricNames.filter { $0 != "loss" }
        let logged = others.filter { name in runs.contains { $0.stepNames.contains(name) } }
        return (logged.isEmpty ? Array(others.prefix(1)) : logged) + trainingNames
    }

    /// The charts, with the loss first.
    public var charts: [Chart] {
        var charts = [chart(of: "loss", title: "loss")]
        for name in shownMetrics { charts.append(chart(of: name, title: Self.words(name))) }
        charts.append(stepChart(["learning_rate"], title: "learning rate", unit: "learning rate"))
        charts.append(
            stepChart(
                ["gradient_norm"], title: "gradient norm, before clipping", unit: "norm", kind: .logarithmic))
        charts.append(
            stepChart(
                ["tokens_per_second", "samples_per_second"],
                title: "throughput, mean since the start or resume", unit: "per second"))
        return charts.filter { $0.series.contains { !$0.points.isEmpty } }
    }

    /// The legend of runs and sets, for all charts.
    public var legend: [LegendEntry] {
        let training = smoothing > 1 ? "training (means of \(smoothing) records)" : "training"
        let sets = ["validation", "test"].filter { set in
            runs.contains { run in
                run.evaluations.contains { $0.values.contains { $0.name.hasPrefix("\(set)_") } }
            }
        }
        if runs.count == 1 {
            return [LegendEntry(training, color: 0)]
                + sets.map { LegendEntry($0, color: Self.color(of: $0), marks: .dots) }
        }
        return zip(names, runs.indices).map { LegendEntry($0, color: $1) }
            + [LegendEntry(training, color: nil)]
            + sets.map { LegendEntry($0, color: nil, marks: .dots, dashed: $0 == "test") }
    }

    /// The image with all charts.
    public var figure: Figure {
        Figure(
            title: runs.count == 1 ? names[0] : "\(runs.count) runs", legend: legend, panels: charts,
            columns: charts.count == 4 ? 2 : 3)
    }

    /// The names of runs; their paths if two have the same name.
    private var names: [String] {
        let short = runs.map(\.name)
        return Set(short).count == short.count ? short : runs.map(\.directory)
    }

    /// A metric of training and evaluations.
    private func chart(of metric: String, title: String) -> Chart {
        var series: [Chart.Series] = []
        for (number, run) in runs.enumerated() {
            let training = run.stepValues(metric, over: axis).map { Point($0.x, $0.y) }
            series.append(
                .init(
                    "training", Self.smoothed(training, smoothing), color: number,
                    opacity: runs.count == 1 ? 0.75 : 0.6))
            for set in ["validation", "test"] {
                let points = run.evaluationValues(metric, of: set, over: axis).map { Point($0.x, $0.y) }
                let color = runs.count == 1 ? Self.color(of: set) : number
                series.append(
                    .init(set, points, color: color, marks: .dots, dashed: set == "test" && runs.count > 1))
            }
        }
        return Chart(
            title: title, xName: axis.name, yName: Self.words(metric),
            series: series.filter { !$0.points.isEmpty }, xRange: 0...0)
    }

    /// A chart of the first of several values that the steps of each run have.
    private func stepChart(
        _ names: [String], title: String, unit: String, kind: AxisScale.Kind = .linear
    ) -> Chart {
        var unit = unit
        let series = runs.enumerated().map { number, run in
            let known = run.stepNames
            let name = names.first(where: known.contains) ?? names[0]
            if unit == "per second", name.hasSuffix(unit.replacing(" ", with: "_")) {
                unit = Self.words(name)
            }
            let points = run.stepValues(name, over: axis).map { Point($0.x, $0.y) }
            return Chart.Series(run.name, points, color: number)
        }
        return Chart(
            title: title, xName: axis.name, yName: unit, series: series, yKind: kind,
            xRange: 0...0, yRange: kind == .linear ? 0...0 : nil)
    }

    private static func color(of set: String) -> Int { set == "validation" ? 1 : 2 }

    /// Means of `count` consecutive points, at the position of the last.
    static func smoothed(_ points: [Point], _ count: Int) -> [Point] {
        guard count > 1 else { return points }
        return points.indices.map { index in
            let part = points[max(0, index - count + 1)...index].map(\.y).filter(\.isFinite)
            return Point(points[index].x, part.isEmpty ? .nan : part.reduce(0, +) / Double(part.count))
        }
    }

    static func words(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }
}

extension RunHistory.Axis {
    /// The label of the axis.
    var name: String {
        switch self {
        case .step: "step"
        case .samples: "samples"
        case .seconds: "time (seconds)"
        }
    }
}
