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
            let progress = Progress(console: console, everySteps: 40, totalSteps: 100, epochs: 2)
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

    @Test func timeLeftCountsFromTheContinuation() throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .lines, terminal: descriptor)
            Progress(console: console, everySteps: 1, totalSteps: 8_000, epochs: nil, firstStep: 90)
                .show(record(100, seconds: 10))
            Progress(console: console, everySteps: 1, totalSteps: nil, epochs: nil).show(
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
                console: console, everySteps: 1, totalSteps: nil, epochs: nil, samplesName: "windows"
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
            let progress = Progress(console: console, everySteps: 20, totalSteps: 100, epochs: 2)
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

    @Test(arguments: [1, 20, 60, 75])
    func aNarrowTerminalIsNeverFilled(_ columns: Int) throws {
        let folder = try RunLogFolder()
        let terminal = try withTerminal(folder) { descriptor in
            let console = try Console(style: .bar(columns: columns), terminal: descriptor)
            Progress(console: console, everySteps: 1, totalSteps: 100, epochs: 2).show(record(30, seconds: 1))
        }
        #expect(terminal.count < columns)
    }

    @Test func onlyRankZero() throws {
        let folder = try RunLogFolder()
        for style in [TerminalStyle.lines, .bar(columns: 80)] {
            let terminal = try withTerminal(folder) { descriptor in
                let console = try Console(style: style, rank: 1, terminal: descriptor)
                let progress = Progress(console: console, everySteps: 1, totalSteps: 100, epochs: 2)
                progress.show(record(30, seconds: 1))
                progress.finish()
            }
            #expect(terminal.isEmpty)
        }
    }
}
