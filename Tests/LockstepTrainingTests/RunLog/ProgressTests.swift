import Foundation
import LockstepMetrics
import LockstepRunLog
import LockstepTraining
import Testing

private func record(_ step: Int, seconds: Double) -> StepRecord {
    StepRecord(
        step: step, epoch: 1 + step / 50, samples: step * 256, loss: 0.41234, learningRate: 0.00098765,
        gradientNorm: 1, samplesPerSecond: 41200.4, seconds: seconds)
}

@Suite struct ProgressTests {
    @Test func aLineForEverySoManySteps() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor)
            let progress = Progress(console: console, lines: .steps(40), totalSteps: 100, epochs: 2)
            for step in 1...100 { progress.show(record(step, seconds: Double(step) * 2)) }
            progress.finish()
        }
        #expect(
            terminal == """
                epoch 1/2  step 40/100  loss 0.4123  lr 0.0009877  41,200 samples/s  2:00 left
                epoch 2/2  step 80/100  loss 0.4123  lr 0.0009877  41,200 samples/s  0:40 left
                epoch 3/2  step 100/100  loss 0.4123  lr 0.0009877  41,200 samples/s  0:00 left

                """)
    }

    /// A pipe gets about a line a second, however short a step is: always the first and the last one.
    @Test func atMostALineInAnInterval() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor, log: folder.path("train.log"))
            let progress = Progress(console: console, totalSteps: 1000, epochs: nil)
            for step in 1...1000 { progress.show(record(step, seconds: Double(step) * 0.004)) }
        }
        let steps = terminal.matches(of: #/step (\d+)\//#).map { String($0.1) }
        #expect(steps == ["1", "251", "501", "751", "1000"])
        #expect(try folder.lines("train.log").count == 6)
    }

    /// The throughput is that of the last second, not the mean since the start with its slow first steps.
    @Test func throughputIsCurrent() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor)
            let progress = Progress(console: console, lines: .steps(1), totalSteps: nil, epochs: nil)
            // The first step takes 3 seconds, the next five half a second each and all others 0.1; an evaluation of a minute
            // follows the 12th.
            for step in 1...40 {
                let training = 3 + 0.5 * Double(min(step, 6) - 1) + 0.1 * Double(max(step - 6, 0))
                var next = record(step, seconds: training + (step > 12 ? 60 : 0))
                next.trainingSeconds = training
                next.samplesPerSecond = Double(step * 256) / training
                next.tokensPerSecond = next.samplesPerSecond * 8
                progress.show(next)
            }
        }
        let lines = terminal.split(separator: "\n")
        #expect(!lines[0].contains("samples/s"), "\(lines[0])")
        #expect(lines[2].contains("  512 samples/s  4,096 tokens/s"), "\(lines[2])")
        #expect(lines[30].contains("  2,560 samples/s  20,480 tokens/s"), "\(lines[30])")
        #expect(lines[39].contains("  2,560 samples/s"), "\(lines[39])")
    }

    @Test func timeLeftCountsFromTheContinuation() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor)
            Progress(console: console, lines: .steps(1), totalSteps: 8_000, epochs: nil, firstStep: 90)
                .show(record(100, seconds: 10))
            Progress(console: console, lines: .steps(1), totalSteps: nil, epochs: nil).show(
                record(1, seconds: 10))
        }
        #expect(
            terminal == """
                epoch 3  step 100/8000  loss 0.4123  lr 0.0009877  41,200 samples/s  2:11:40 left
                epoch 1  step 1  loss 0.4123  lr 0.0009877  41,200 samples/s

                """)
    }

    @Test func samplesOfATextAreWindows() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor)
            var window = record(1, seconds: 10)
            window.tokensPerSecond = 5_273_651.2
            Progress(
                console: console, lines: .steps(1), totalSteps: nil, epochs: nil, samplesName: "windows"
            ).show(window)
        }
        #expect(
            terminal
                == "epoch 1  step 1  loss 0.4123  lr 0.0009877  41,200 windows/s  5,273,651 tokens/s\n")
    }

    @Test func oneBarThatIsRedrawn() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(
                style: .bar(columns: 100), terminal: descriptor, log: folder.path("train.log"))
            let progress = Progress(console: console, lines: .steps(20), totalSteps: 100, epochs: 2)
            progress.show(record(30, seconds: 1))
            progress.show(record(40, seconds: 1.05))
            console.write("between")
            progress.show(record(100, seconds: 1.06))
            progress.finish()
        }
        let clear = "\r\u{1B}[K"
        let first =
            "epoch 1/2 [#######.................] 30/100  loss 0.4123  lr 0.0009877  41,200 samples/s  0:02 left"
        let last =
            "epoch 3/2 [#######################] 100/100  loss 0.4123  lr 0.0009877  41,200 samples/s  0:00 left"
        #expect(terminal == "\(first)\(clear)between\n\(first)\(clear)\(last)\(clear)")
        #expect(first.count <= 99 && last.count <= 99)
        // The file has the lines of the logged steps instead.
        #expect(try folder.lines("train.log").count == 4)
    }

    /// What a narrow terminal has no room for is left out, not cut in the middle.
    @Test func aNarrowTerminalShowsLess() throws {
        let folder = try RunLogFolder()
        func bar(_ columns: Int) throws -> String {
            try withTerminal(folder) { descriptor in
                let log = try RunLog(
                    directory: nil, rank: 0, style: .bar(columns: columns), everySteps: 1,
                    watched: "validation_loss", totalSteps: 100, epochs: 2, terminal: descriptor)
                try log.evaluation(
                    "validation", step: 20, epoch: 1, samples: 20, [MetricValue("loss", 0.25)])
                try log.step(record(30, seconds: 1))
            }.components(separatedBy: "\n").last ?? ""
        }
        let (start, end) = ("epoch 1/2 ", "  loss 0.4123  val loss 0.2500")
        #expect(
            try bar(120)
                == "\(start)[########...................] 30/100\(end)  lr 0.0009877  41,200 samples/s  0:02 left"
        )
        #expect(try bar(100) == "\(start)[######...............] 30/100\(end)  41,200 samples/s  0:02 left")
        #expect(try bar(80) == "\(start) 30/100\(end)  41,200 samples/s  0:02 left")
        #expect(try bar(65) == "\(start) 30/100\(end)  0:02 left")
        #expect(try bar(45) == "\(start) 30/100  loss 0.4123  0:02 left")
        #expect(try bar(35) == "\(start) 30/100  loss 0.4123")
    }

    /// A terminal that has become narrower has wrapped the bar onto several rows: all of them are cleared.
    @Test func aWrappedBarIsCleared() throws {
        var size = winsize(ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(terminal) }
        // TIOCSPTLCK and TIOCGPTN of Linux: unlocks the other end, and returns its number.
        var (lock, number) = (Int32(0), UInt32(0))
        try #require(ioctl(terminal, 0x4004_5431, &lock) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
        let descriptor = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        defer { close(descriptor) }
        try #require(ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0)
        let console = try Console(style: .bar(columns: 80), terminal: descriptor)
        let progress = Progress(console: console, totalSteps: 100, epochs: 2)
        func output() -> String {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(terminal, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
        progress.show(record(30, seconds: 1))
        #expect(output().count == 99)
        size.ws_col = 40
        try #require(ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0)
        progress.show(record(40, seconds: 2))
        #expect(output() == "\r\u{1B}[2A\u{1B}[Jepoch 1/2  40/100  loss 0.4123")
        progress.finish()
        #expect(output() == "\r\u{1B}[K")
    }

    @Test(arguments: [1, 20, 60, 75])
    func aNarrowTerminalIsNeverFilled(_ columns: Int) throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .bar(columns: columns), terminal: descriptor)
            Progress(console: console, lines: .steps(1), totalSteps: 100, epochs: 2).show(
                record(30, seconds: 1))
        }
        #expect(terminal.count < columns)
    }

    @Test func onlyRankZero() throws {
        let folder = try RunLogFolder()
        for style in [TerminalStyle.lines, .bar(columns: 80)] {
            let terminal = try withTerminal(folder) { descriptor in
                let console = try Console(style: style, rank: 1, terminal: descriptor)
                let progress = Progress(console: console, lines: .steps(1), totalSteps: 100, epochs: 2)
                progress.show(record(30, seconds: 1))
                progress.finish()
            }
            #expect(terminal.isEmpty)
        }
    }
}
