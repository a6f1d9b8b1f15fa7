import LockstepMetrics
import LockstepText

extension RunSummary {
    /// The table at the end of a run: a row for each metric, a column for training and for each set that was evaluated, and below
    /// it size, speed and end.
    public var table: String {
        var names = ["loss"]
        for metric in validation + test where !names.contains(metric.name) { names.append(metric.name) }
        let width = max(18, names.map { label($0).count }.max() ?? 0)
        let sets = [("validation", validation), ("test", test)].filter { !$0.1.isEmpty }
        var text = row("", ["training"] + sets.map(\.0), width)
        for name in names {
            let cells =
                [name == "loss" ? number(finalTrainLoss) : ""] + sets.map { number(of: name, in: $0.1) }
            text += row(label(name), cells, width)
        }
        func fact(_ name: String, _ fact: String) {
            text += name + String(repeating: " ", count: max(1, width - name.count + 2)) + fact + "\n"
        }
        text += "\n"
        if let best { fact("best", best.text) }
        if let finalModelStep {
            fact("final model", "the best: parameters after step \(grouped(finalModelStep))")
        }
        fact(
            "steps",
            "\(grouped(steps)) in \(trimmedDecimals(epochs, 2)) epoch\(epochs == 1 ? "" : "s")")
        fact(
            "ranks",
            "\(ranks) on \(counted(hosts, "host")), \(counted(threads, "thread")) each; \(counted(shards, "shard"))"
        )
        fact("parameters", grouped(parameters))
        fact(
            "\(samplesName) per second",
            samplesPerSecond.isFinite ? grouped(Int(samplesPerSecond.rounded())) : "-")
        if tokensPerSecond.isFinite { fact("tokens per second", grouped(Int(tokensPerSecond.rounded()))) }
        if let straggler { fact("slow rank", straggler.text) }
        fact("time", time(seconds))
        fact("stopped because", stoppedBecause.words)
        return text
    }

    /// A metric as it is called in the table; the loss with its unit.
    private func label(_ metric: String) -> String {
        let words = metric.split(separator: "_").joined(separator: " ")
        guard metric == "loss", let lossUnit else { return words }
        return "\(words) (\(lossUnit))"
    }

    private func row(_ name: String, _ cells: [String], _ width: Int) -> String {
        var row = name + String(repeating: " ", count: width - name.count)
        for cell in cells { row += String(repeating: " ", count: max(1, 12 - cell.count)) + cell }
        while row.last == " " { row.removeLast() }
        return row + "\n"
    }

    private func number(of name: String, in metrics: [MetricValue]) -> String {
        metrics.first { $0.name == name }.map { number($0.value) } ?? ""
    }

    private func number(_ value: Double) -> String {
        if value.isNaN { return "-" }
        return abs(value) < 100_000 ? decimals(value, 4) : digits(value)
    }

    /// Without zeros at the end.
    private func trimmedDecimals(_ value: Double, _ count: Int32) -> String {
        var text = decimals(value, count)
        guard text.contains(".") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    private func digits(_ value: Double) -> String {
        var buffer = TextBuffer()
        buffer.append(value, digits: 6)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private func time(_ seconds: Double) -> String {
        if seconds < 60 { return "\(decimals(seconds, 1)) s" }
        var buffer = TextBuffer()
        buffer.append(seconds: seconds)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
