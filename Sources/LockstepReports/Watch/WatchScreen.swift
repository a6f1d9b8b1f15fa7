import LockstepCharts
import LockstepText

/// The display of a watched run: one line, or a screen with curves.
public struct WatchScreen: Sendable {
    /// The capabilities of the terminal.
    public struct Style: Sendable {
        public var hasColors: Bool
        public var isUTF8: Bool

        /// From the environment: `NO_COLOR`, `TERM`, and the locale.
        public init(environment: [String: String]) {
            hasColors = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
            let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first {
                !$0.isEmpty
            }
            isUTF8 = (locale ?? "").lowercased().replacing("-", with: "").hasSuffix("utf8")
        }
    }

    private let style: Style

    /// Makes a screen.
    public init(_ style: Style) { self.style = style }

    /// The run in one line without escape codes.
    public static func line(_ watcher: RunWatcher) -> String {
        var parts = [place(watcher)]
        let last = watcher.history.steps.last
        for (name, key) in [("loss", "loss"), ("lr", "learning_rate")] {
            if let value = last?[key] { parts.append("\(name) \(digits(value))") }
        }
        let evaluation = watcher.history.evaluations.last { $0["validation_loss"] != nil }
        if let value = evaluation?["validation_loss"] { parts.append("validation loss \(digits(value))") }
        if let rate = last?["samples_per_second"], rate.isFinite, abs(rate) < 1e15 {
            parts.append("\(grouped(Int(rate.rounded()))) samples/s")
        }
        if case .ended(let why) = watcher.state {
            parts.append(why)
        } else if let seconds = watcher.secondsLeft {
            parts.append("\(time(seconds)) left")
        }
        return parts.joined(separator: "  ")
    }

    /// The run on a screen: the line, curves, and as many ranks as fit. No line is longer than `columns`.
    public func lines(_ watcher: RunWatcher, columns: Int, rows: Int) -> [String] {
        var lines = [Self.cut(watcher.history.name, columns)]
        lines += Self.wrapped(Self.line(watcher), columns)
        lines.append(Self.cut(bar(watcher, columns), columns))
        let ranks = self.ranks(watcher, columns)
        // The ranks get at most a third of the lines, and the curves the rest.
        let forRanks = min(ranks.count, max(1, rows / 3))
        let height = rows - lines.count - forRanks - 2
        if height >= 6 {
            lines.append("")
            lines += curves(watcher, columns: columns, height: height)
        }
        lines += ranks.prefix(forRanks - (ranks.count > forRanks ? 1 : 0))
        if ranks.count > forRanks { lines.append("and \(ranks.count - forRanks + 1) more ranks") }
        return Array(lines.prefix(max(1, rows - 1)))
    }

    private func curves(_ watcher: RunWatcher, columns: Int, height: Int) -> [String] {
        let charts = charts(watcher)
        guard columns >= 100, charts.count > 1 else {
            return charts.first?.lines(width: columns, height: height) ?? []
        }
        let width = columns / 2 - 1
        let (left, right) = (
            charts[0].lines(width: width, height: height), charts[1].lines(width: width, height: height)
        )
        return (0..<max(left.count, right.count)).map { row in
            let first = row < left.count ? left[row] : ""
            let gap = String(repeating: " ", count: max(0, width - Self.visible(first)) + 2)
            return first + gap + (row < right.count ? right[row] : "")
        }
    }

    /// The loss, and the first other evaluated metric, or else the learning rate.
    private func charts(_ watcher: RunWatcher) -> [TextChart] {
        let plot = RunPlot([watcher.history])
        let all = plot.charts
        let second = all.dropFirst().first
        return ([all.first, second].compactMap { $0 }).map {
            TextChart(
                title: $0.title, series: $0.series, marks: style.isUTF8 ? .braille : .ascii,
                hasColors: style.hasColors)
        }
    }

    private func bar(_ watcher: RunWatcher, _ columns: Int) -> String {
        guard let total = watcher.totalSteps, total > 0 else { return "" }
        let width = max(4, min(60, columns - 8))
        let share = min(1, Double(watcher.step) / Double(total))
        let done = Int(Double(width) * share)
        return "[" + String(repeating: "#", count: done) + String(repeating: ".", count: width - done)
            + "] \(Int(100 * share))%"
    }

    private func ranks(_ watcher: RunWatcher, _ columns: Int) -> [String] {
        watcher.ranks.map { rank in
            Self.cut(
                "rank \(rank.rank) on \(rank.host.printable): step \(grouped(rank.step)), \(rank.phase)",
                columns)
        }
    }

    private static func place(_ watcher: RunWatcher) -> String {
        if case .waiting = watcher.state { return "waiting for the first step" }
        let of = watcher.totalSteps.map { "/\(grouped($0))" } ?? ""
        let epoch = watcher.history.steps.last?["epoch"].map { epoch in
            "  epoch \(Int(exactly: epoch).map { grouped($0) } ?? "-")"
                + (watcher.epochs.map { "/\($0)" } ?? "")
        }
        return "step \(grouped(watcher.step))\(of)\(epoch ?? "")"
    }

    private static func digits(_ value: Double) -> String {
        var buffer = TextBuffer()
        buffer.append(value, digits: 4)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static func time(_ seconds: Double) -> String {
        var buffer = TextBuffer()
        buffer.append(seconds: seconds)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static func cut(_ text: String, _ columns: Int) -> String {
        String(text.printable.prefix(max(0, columns)))
    }

    /// A line of parts, wrapped between parts if it is too long.
    private static func wrapped(_ text: String, _ columns: Int) -> [String] {
        var lines = [""]
        for part in text.split(separator: "  ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = cut(String(part), columns)
            } else if last.count + 2 + part.count <= columns {
                lines[lines.count - 1] += "  \(part.printable)"
            } else {
                lines.append(cut(String(part), columns))
            }
        }
        return lines
    }

    /// The number of characters without escape codes.
    static func visible(_ text: String) -> Int { text.replacing(#/\u{1B}\[[0-9;]*m/#, with: "").count }
}
