import Foundation
import LockstepReports
import Testing

/// The page of a run: complete, escaped, and without anything from elsewhere.
@Suite struct RunPageTests {
    private static let summary = """
        {"steps": 20, "epochs": 2, "ranks": 2, "hosts": 1, "shards": 4, "threads": 1, "parameters": 12345,
         "final_train_loss": 0.25, "validation_loss": 0.5, "validation_accuracy": 0.75, "test_loss": null,
         "best": {"metric": "validation_loss", "mode": "min", "value": 0.5, "step": 10},
         "samples_per_second": 1234.5, "rank_seconds_median": 0.0125, "seconds": 61.5, "stopped_because": "max_steps",
         "versions": {"compute": "oneDNN <2>", "lockstep": "0.1.0"}}
        """

    @Test func aRunIsShownCompletely() throws {
        let run = try RunFolder("<b>first</b>".replacing("/", with: "-"))
        try run.write("summary.json", Self.summary)
        try run.write("config.yaml", "batch: 32 # <script>alert(1)</script>\n")
        try run.write(
            "train.log",
            """
            2026-01-31T23:59:59.123Z rank 0: Model: mlp
            2026-01-31T23:59:59.123Z rank 0: Resuming runs/first after step 10.
            2026-01-31T23:59:59.123Z rank 0: Warning: step 3: rank 1 is slow

            """)
        let html = RunPage(RunFacts(directory: run.path), plot: try RunPlot(directories: [run.path])).html
        for text in [
            "max_steps is reached", "<td>0.2500</td><td>0.5000</td><td></td>", "0.5000 after step 10",
            "12,345",
            "oneDNN &lt;2&gt;", "Resuming runs/first after step 10.", "rank 1 is slow", "12.50 ms", "61.5 s",
            "&lt;script&gt;alert(1)",
        ] {
            #expect(html.contains(text), "\(text)")
        }
        #expect(!html.contains("Model: mlp") && !html.contains("<script") && !html.contains("<b>first"))
        #expect(html.components(separatedBy: "<svg").count == 7)
        for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
            #expect(!html.replacing("http://www.w3.org/2000/svg", with: "").contains(outside))
        }
        #expect(html.contains("prefers-color-scheme: dark") && html.contains("@media print"))
    }

    @Test func aRunThatIsUnderWayHasAPageToo() throws {
        let run = try RunFolder()
        let html = RunPage(RunFacts(directory: run.path), plot: try RunPlot(directories: [run.path])).html
        #expect(html.contains("There is no summary.json yet.") && html.contains("still running"))
    }

    @Test func aDamagedSummaryIsLeftOut() throws {
        let run = try RunFolder()
        try run.write("summary.json", "{\"steps\": ")
        #expect(RunFacts(directory: run.path).facts.isEmpty)
        try run.write(
            "summary.json", "{\"steps\": \"many\", \"best\": 3, \"seconds\": 1e400, \"versions\": []}")
        #expect(RunFacts(directory: run.path).facts.isEmpty)
        try run.write(
            "summary.json", "{\"epochs\": 1e300, \"samples_per_second\": 1e300, \"seconds\": -1e300}")
        #expect(RunFacts(directory: run.path).facts.count == 2)
    }

    @Test func phasesOfATraceAreMeans() throws {
        let run = try RunFolder()
        func span(_ name: String, _ rank: Int, _ step: Int, _ microseconds: Int, thread: Int = 0) -> String {
            """
            {"name":"\(name)","cat":"step","ph":"X","ts":0,"dur":\(microseconds),"pid":\(rank),"tid":\(thread),"args":{"step":\(step)}}
            """
        }
        let spans = [
            span("forward", 0, 1, 1000), span("forward", 0, 2, 3000), span("wait", 0, 1, 500),
            span("forward", 1, 1, 4000), span("load", 1, 1, 9000, thread: 1),
        ]
        let name =
            "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":0,\"tid\":0,\"args\":{\"name\":\"rank 0 on here\"}}"
        try run.write("trace.json", "{\"traceEvents\":[\(([name] + spans).joined(separator: ","))]}")
        let phases = try TracePhases(path: run.path + "/trace.json")
        #expect(phases.header == ["rank", "forward (ms)", "wait (ms)", "step (ms)"])
        #expect(
            phases.rows == [["rank 0 on here", "2.00", "0.25", "2.25"], ["rank 1", "4.00", "0.00", "4.00"]])
        try run.write("trace.json", "[]")
        #expect(throws: ReportError.self) { try TracePhases(path: run.path + "/trace.json") }
    }
}
