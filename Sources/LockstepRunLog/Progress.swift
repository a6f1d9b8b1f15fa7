import LockstepText

/// Shows the progress of a run: a bar on a terminal, elsewhere a line at regular steps.
public final class Progress {
    /// The shortest time between two drawings of the bar, in seconds.
    private static let redrawInterval = 0.1

    private let console: Console
    private let everySteps: Int
    private let totalSteps: Int?
    private let epochs: Int?
    private let firstStep: Int
    private let rateUnit: String
    private var lastDraw = -1.0
    private var text = TextBuffer()

    /// Makes a display.
    /// - Parameters:
    ///   - everySteps: a line is due every this many steps.
    ///   - totalSteps: the number of steps at which the run ends, if that is known.
    ///   - epochs: the number of epochs, if that is known.
    ///   - firstStep: the number of steps done before this run, when it continues another.
    ///   - samplesName: the plural name of samples.
    public init(
        console: Console, everySteps: Int, totalSteps: Int?, epochs: Int?, firstStep: Int = 0,
        samplesName: String = "samples"
    ) {
        self.console = console
        self.everySteps = max(1, everySteps)
        self.totalSteps = totalSteps
        self.epochs = epochs
        self.firstStep = firstStep
        rateUnit = " \(samplesName)/s"
    }

    /// Shows a step, if a bar or a line is due.
    public func show(_ record: StepRecord) {
        guard console.rank == 0 else { return }
        let isLast = record.step == totalSteps
        if record.step % everySteps == 0 || isLast {
            text.clear()
            line(record)
            if case .lines = console.style {
                console.write(text, toTerminal: true)
            } else {
                console.write(text, toTerminal: false)
            }
        }
        if case .bar(let columns) = console.style,
            isLast || record.seconds - lastDraw >= Self.redrawInterval || record.seconds < lastDraw
        {
            lastDraw = record.seconds
            text.clear()
            bar(record, columns)
            console.show(bar: text)
        }
    }

    /// Removes the bar, so that following output starts on a new line.
    public func finish() {
        if console.rank == 0, case .bar = console.style { console.show(bar: nil) }
    }

    private func line(_ record: StepRecord) {
        text.append("epoch ")
        count(record.epoch, of: epochs)
        text.append("  step ")
        count(record.step, of: totalSteps)
        numbers(record)
    }

    private func bar(_ record: StepRecord, _ columns: Int) {
        text.append("epoch ")
        count(record.epoch, of: epochs)
        text.append(" ")
        let start = text.bytes.count
        text.append(" ")
        count(record.step, of: totalSteps)
        numbers(record)
        // The last column stays free, or some terminals begin a new line.
        let room = columns - 1 - text.bytes.count
        if let totalSteps, totalSteps > 0, room >= 12 {
            let width = min(room - 2, 30)
            let done = min(width, width * record.step / totalSteps)
            let rest = Array(text.bytes[start...])
            text.cut(to: start)
            text.append("[")
            text.append(byte: UInt8(ascii: "#"), count: done)
            text.append(byte: UInt8(ascii: "."), count: width - done)
            text.append("]")
            for byte in rest { text.append(byte: byte) }
        }
        text.cut(to: max(0, columns - 1))
    }

    private func numbers(_ record: StepRecord) {
        text.append("  loss ")
        text.append(record.loss, decimals: 4)
        text.append("  lr ")
        text.append(record.learningRate, digits: 4)
        text.append("  ")
        let rate = record.samplesPerSecond
        if rate.isFinite, rate < 1e15 {
            text.append(Int(rate.rounded()), grouped: true)
        } else {
            text.append("-")
        }
        text.append(rateUnit)
        if record.tokensPerSecond.isFinite, record.tokensPerSecond < 1e15 {
            text.append("  ")
            text.append(Int(record.tokensPerSecond.rounded()), grouped: true)
            text.append(" tokens/s")
        }
        let done = record.step - firstStep
        if let totalSteps, done > 0, totalSteps >= record.step {
            text.append("  ")
            text.append(seconds: record.seconds / Double(done) * Double(totalSteps - record.step))
            text.append(" left")
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
