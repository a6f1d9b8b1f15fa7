import LockstepText

/// Shows the progress of a run: a bar on a terminal, elsewhere lines at intervals.
public final class Progress {
    /// The shortest time between two drawings of the bar, in seconds.
    private static let redrawInterval = 0.1
    /// A bar with fewer places shows too little.
    private static let shortestBar = 10

    private let console: Console
    private let lines: ProgressLines
    private let totalSteps: Int?
    private let epochs: Int?
    private let firstStep: Int
    private let rateUnit: String
    private var lastDraw = -1.0
    private var lastLine: Double?
    private var currentRate = CurrentRate()
    private var watched: (name: String, value: Double)?
    private var text = TextBuffer()

    /// Parts of a line that a narrow terminal has no room for.
    private struct Parts: OptionSet {
        let rawValue: Int
        static let learningRate = Self(rawValue: 1)
        static let tokens = Self(rawValue: 2)
        static let bar = Self(rawValue: 4)
        static let rate = Self(rawValue: 8)
        static let watched = Self(rawValue: 16)
        static let left = Self(rawValue: 32)
        static let all: Self = [.learningRate, .tokens, .bar, .rate, .watched, .left]

        /// In this order they are left out.
        static let order: [Self] = [.learningRate, .tokens, .bar, .rate, .watched, .left]
    }

    /// Makes a display.
    /// - Parameters:
    ///   - lines: when a line is due.
    ///   - totalSteps: the number of steps at which the run ends, if that is known.
    ///   - epochs: the number of epochs, if that is known.
    ///   - firstStep: the number of steps done before this run, when it continues another.
    ///   - samplesName: the plural name of samples.
    public init(
        console: Console, lines: ProgressLines = .standard, totalSteps: Int?, epochs: Int?,
        firstStep: Int = 0, samplesName: String = "samples"
    ) {
        self.console = console
        self.lines = lines
        self.totalSteps = totalSteps
        self.epochs = epochs
        self.firstStep = firstStep
        rateUnit = " \(samplesName)/s"
    }

    /// Shows a step, if a bar or a line is due.
    public func show(_ record: StepRecord) {
        guard console.rank == 0 else { return }
        let isLast = record.step == totalSteps
        let rate = currentRate.rate(after: record)
        if isLast || lines.isDue(record, last: lastLine) {
            lastLine = record.seconds
            text.clear()
            line(record, rate)
            if case .lines = console.style {
                console.write(text, toTerminal: true)
            } else {
                console.write(text, toTerminal: false)
            }
        }
        if case .bar = console.style,
            isLast || record.seconds - lastDraw >= Self.redrawInterval || record.seconds < lastDraw
        {
            lastDraw = record.seconds
            bar(record, rate, console.columns)
            console.show(bar: text)
        }
    }

    /// Stores the last value of the watched metric, which is shown from then on.
    func note(_ name: String, _ value: Double) { watched = (name, value) }

    /// Removes the bar, so that following output starts on a new line.
    public func finish() {
        if console.rank == 0, case .bar = console.style { console.show(bar: nil) }
    }

    private func line(_ record: StepRecord, _ rate: Double?) {
        text.append("epoch ")
        count(record.epoch, of: epochs)
        text.append("  step ")
        count(record.step, of: totalSteps)
        numbers(record, rate, .all)
    }

    /// The bar with as many parts as the terminal has room for.
    private func bar(_ record: StepRecord, _ rate: Double?, _ columns: Int) {
        // The last column stays free, or some terminals begin a new line.
        let width = max(0, columns - 1)
        var parts = Parts.all
        for next in Parts.order + [[]] {
            text.clear()
            text.append("epoch ")
            count(record.epoch, of: epochs)
            text.append(" ")
            let start = text.bytes.count
            text.append(" ")
            count(record.step, of: totalSteps)
            numbers(record, rate, parts)
            let room = width - text.bytes.count
            if parts.contains(.bar), let totalSteps, totalSteps > 0 {
                if room >= Self.shortestBar + 2 {
                    insertBar(min(room - 2, 30), done: record.step, of: totalSteps, at: start)
                    return
                }
            } else if room >= 0 {
                return
            }
            parts.remove(next)
        }
        text.cut(to: width)
    }

    private func insertBar(_ width: Int, done: Int, of total: Int, at start: Int) {
        let filled = min(width, width * done / total)
        let rest = Array(text.bytes[start...])
        text.cut(to: start)
        text.append("[")
        text.append(byte: UInt8(ascii: "#"), count: filled)
        text.append(byte: UInt8(ascii: "."), count: width - filled)
        text.append("]")
        for byte in rest { text.append(byte: byte) }
    }

    private func numbers(_ record: StepRecord, _ rate: Double?, _ parts: Parts) {
        text.append("  loss ")
        text.append(record.loss, decimals: 4)
        if let watched, parts.contains(.watched) {
            text.append("  ")
            text.append(watched.name)
            text.append(" ")
            text.append(watched.value, decimals: 4)
        }
        if parts.contains(.learningRate) {
            text.append("  lr ")
            text.append(record.learningRate, digits: 4)
        }
        if let rate, parts.contains(.rate) {
            text.append("  ")
            number(rate)
            text.append(rateUnit)
            let tokens = record.tokensPerSecond * (rate / record.samplesPerSecond)
            if !tokens.isNaN, parts.contains(.tokens) {
                text.append("  ")
                number(tokens)
                text.append(" tokens/s")
            }
        }
        let done = record.step - firstStep
        if let totalSteps, done > 0, totalSteps >= record.step, parts.contains(.left) {
            text.append("  ")
            text.append(seconds: record.seconds / Double(done) * Double(totalSteps - record.step))
            text.append(" left")
        }
    }

    private func number(_ rate: Double) {
        if rate.isFinite, rate < 1e15 {
            text.append(Int(rate.rounded()), grouped: true)
        } else {
            text.append("-")
        }
    }

    private func count(_ number: Int, of total: Int?) {
        text.append(number)
        if let total {
            text.append("/")
            text.append(total)
        }
    }
}
