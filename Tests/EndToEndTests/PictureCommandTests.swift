import Foundation
import LockstepTesting
import Testing

/// `lockstep plot` and `lockstep report --html` on a real run.
@Suite(.serialized) struct PictureCommandTests {
    private let small: SmallRun
    private var directory: TemporaryDirectory { small.directory }
    private var run: String { small.path }

    private static func program(_ names: [String]) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.flatMap { folder in names.map { "\(folder)/\($0)" } }.first { access($0, X_OK) == 0 }
    }

    private static let rasterizer = program(["rsvg-convert"])
    private static let browser = program(["chromium", "chromium-browser", "google-chrome"])

    init() throws {
        small = try SmallRun(
            """
            max_steps: 30
            evaluate: {every_steps: 10}
            log_every_steps: 1
            """)
        let result = try CommandRunner.lockstep(
            ranks: 2, ["train", small.file, "--run-dir", run, "--trace", directory.path("trace.json")])
        #expect(result.status == 0, "\(result.tail)")
    }

    private func lockstep(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult
    {
        try CommandRunner.lockstep(ranks: 1, arguments, environment: environment)
    }

    @Test func curvesAndEvaluationAreWritten() throws {
        let (curves, evaluation) = (directory.path("curves.svg"), directory.path("evaluation.svg"))
        let plotted = try lockstep(["plot", run, "--smooth", "3", "--over", "seconds", "--output", curves])
        #expect(plotted.status == 0 && plotted.output.isEmpty, "\(plotted.tail)")
        let text = try String(contentsOfFile: curves, encoding: .utf8)
        for word in [
            "<svg ", ">loss<", ">accuracy<", ">learning rate<", ">validation<", "time (seconds)",
            "means of 3",
        ] {
            #expect(text.contains(word), "\(word)")
        }
        let evaluated = try lockstep(["plot", run, "--evaluation", "--split", "validation", "-o", evaluation])
        #expect(evaluated.status == 0, "\(evaluated.tail)")
        let panels = try String(contentsOfFile: evaluation, encoding: .utf8)
        for word in ["confusion matrix", "ROC", "precision and recall", "calibration", "validation set, "] {
            #expect(panels.contains(word), "\(word)")
        }
    }

    @Test func mistakesAreReported() throws {
        let cases: [([String], String)] = [
            ([run, "--output", directory.path("a.pdf")], "must end in .svg or .png"),
            ([directory.path("no"), "--output", directory.path("a.svg")], "no/metrics.jsonl cannot be read"),
            ([run, "--output", directory.path("no/a.svg")], "cannot be written"),
            ([run, "--metrics", "acuracy", "--output", directory.path("a.svg")], "there are loss, accuracy"),
            ([run, run, "--evaluation", "--output", directory.path("a.svg")], "--evaluation shows one run"),
            ([run, "--smooth", "0", "--output", directory.path("a.svg")], "--smooth must be at least 1"),
            ([run, "--best", "--output", directory.path("a.svg")], "--best, --split and --set go with"),
        ]
        for (arguments, words) in cases {
            let result = try lockstep(["plot"] + arguments)
            #expect(result.status == 2 && result.output.contains(words), "\(arguments): \(result.tail)")
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path("a.svg")))
        let none = try lockstep(["plot", run, "-o", directory.path("a.png")], environment: ["PATH": "/no"])
        #expect(none.status == 2 && none.output.contains("librsvg2-bin"), "\(none.tail)")
    }

    @Test(.enabled(if: rasterizer != nil, "no rsvg-convert here (Debian: librsvg2-bin): PNG is not tested"))
    func aPNGHasTwiceThePixels() throws {
        let path = directory.path("curves.png")
        let result = try lockstep(["plot", run, "--output", path])
        #expect(result.status == 0, "\(result.tail)")
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(Array(bytes.prefix(4)) == [0x89, 0x50, 0x4E, 0x47])
        // Three panels of 400 pixels and four margins of 16, twice.
        let width = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
        #expect(width == 2528)
    }

    @Test func theReportHasEverything() throws {
        let page = directory.path("run.html")
        let result = try lockstep([
            "report", run, "--html", page, "--evaluation", "--trace", directory.path("trace.json"),
        ])
        #expect(result.status == 0, "\(result.tail)")
        let html = try String(contentsOfFile: page, encoding: .utf8)
        for word in [
            "confusion matrix", "forward (ms)", "rank 1 on ", "max_steps is reached", "synthetic:", "oneDNN",
        ] {
            #expect(html.contains(word), "\(word)")
        }
        // The other form of the command is as it was.
        let faults = try lockstep(["report", run])
        #expect(faults.status == 0 && faults.output.hasPrefix("No rank failed."), "\(faults.tail)")
        for arguments in [["--evaluation"], ["--html", page, "--json"], ["--trace", page]] {
            #expect(try lockstep(["report", run] + arguments).status == 2)
        }
    }

    @Test(
        .enabled(
            if: browser != nil, "no chromium here (Debian: chromium): the page is not shown in a browser"))
    func aBrowserShowsThePage() throws {
        let page = directory.path("run.html")
        #expect(try lockstep(["report", run, "--html", page]).status == 0)
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
            "--user-data-dir=\(directory.path("profile"))",
        ]
        let browser = try #require(Self.browser)
        func show(_ more: [String]) throws -> CommandResult {
            try CommandRunner.run(browser, arguments + more + ["file://\(page)"], timeout: 120)
        }
        let picture = directory.path("page.png")
        let shown = try show(["--window-size=1000,900", "--screenshot=\(picture)"])
        #expect(FileManager.default.fileExists(atPath: picture), "\(shown.tail)")
        // What the page may not load, or cannot be read, stands in the console.
        #expect(!shown.output.contains("CONSOLE"), "\(shown.tail)")
        // A page of one color would be a few kilobytes.
        let size = try FileManager.default.attributesOfItem(atPath: picture)[.size] as? Int ?? 0
        #expect(size > 20_000)
        let document = directory.path("page.pdf")
        _ = try show(["--no-pdf-header-footer", "--print-to-pdf=\(document)"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: document)).prefix(5) == Data("%PDF-".utf8))
    }

    /// The best checkpoint, by the option and by its directory.
    @Test func evaluationOfTheBest() throws {
        let small = try SmallRun(
            "max_steps: 6\nevaluate: {every_steps: 2}\ncheckpoint: {every_steps: 2, keep: 1, keep_best: true}\n"
                + "early_stopping: {metric: validation_loss, mode: max, patience: 9}")
        #expect(try lockstep(["train", small.file, "--run-dir", small.path]).status == 0)
        func svg(_ arguments: [String]) throws -> String {
            let picture = small.directory.path("\(UUID()).svg")
            let result = try lockstep(
                ["plot"] + arguments + ["--evaluation", "--split", "validation", "--output", picture])
            #expect(result.status == 0, "\(result.tail)")
            return try String(contentsOfFile: picture, encoding: .utf8)
        }
        let best = try svg([small.path, "--best"])
        let checkpoint = try svg([small.path + "/checkpoints/step-00000002"])
        #expect(best == checkpoint.replacing("step-00000002:", with: "run:"))
        #expect(try best != svg([small.path]))
        let page = small.directory.path("page.html")
        let reported = try lockstep(["report", small.path, "--html", page, "--evaluation", "--best"])
        #expect(reported.status == 0, "\(reported.tail)")
        #expect(try lockstep(["report", small.path, "--html", page, "--best"]).status == 2)
    }

    /// Numbers have predictions and residuals, labels have curves.
    @Test func evaluationOfNumbersAndLabels() throws {
        let table = try directory.write(
            "table.csv",
            "a,b,y\n" + (0..<200).map { "\($0 % 7),\($0 % 11),\(3 * ($0 % 7) + $0 % 2)\n" }.joined())
        let file = try directory.write(
            "numbers.yaml",
            """
            model: {mlp: {hidden: [8]}}
            data: {csv: {train: \(table), target: y, task: regression, validation: 0.2}}
            batch: 40
            max_steps: 30
            optimizer: {adam: {learning_rate: 0.01}}
            """)
        let numbers = directory.path("numbers")
        #expect(try lockstep(["train", file, "--run-dir", numbers]).status == 0)
        let picture = directory.path("numbers.svg")
        let plotted = try lockstep([
            "plot", numbers, "--evaluation", "--split", "validation", "--output", picture,
        ])
        #expect(plotted.status == 0, "\(plotted.tail)")
        let text = try String(contentsOfFile: picture, encoding: .utf8)
        for word in ["predicted against actual (R²", "residuals: actual minus predicted", "40 samples"] {
            #expect(text.contains(word), "\(word)")
        }
    }
}
