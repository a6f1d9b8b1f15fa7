import Foundation
import Testing

/// `lockstep bench` and `--trace`: what they write, the line protocol, and what they refuse. No timings are judged.
@Suite(.serialized) struct BenchCommandTests {
    private let runFile = """
        model: {mlp: {hidden: [32]}}
        data: {synthetic: {samples: 20000, shape: [32], classes: 10}}
        batch: 64
        shards: 2
        epochs: 1000
        optimizer: {adam: {learning_rate: 0.001}}
        seed: 1
        """

    private func object(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The phases of a step are parts of it: together no longer than the step, as they were recorded.
    @Test(arguments: [1, 2]) func stepReportsEveryPhase(_ ranks: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let json = directory.path("out.json")
        let result = try CommandRunner.lockstep(
            ranks: ranks,
            ["bench", "step", file, "--steps", "5", "--warmup", "2", "--repetitions", "3", "--json", json])
        #expect(result.status == 0, "\(result.tail)")
        let report = try object(json)
        let repetitions = try #require(report["repetitions"] as? [[String: Any]])
        #expect(repetitions.count == 3)
        // 6 operations per weight and sample, but for the first layer, whose input wants no gradient: 64 (4 x 32 x 32 + 6 x 32 x 10).
        let operations = try #require(report["gflop_per_step"] as? Double)
        #expect(abs(operations * 1e9 - 64 * (4 * 32 * 32 + 6 * 32 * 10)) < 1)
        let peaks = try #require(report["gemm_peak_gflops"] as? [String: Double])
        #expect((peaks["float32"] ?? 0) > 0)
        for repetition in repetitions {
            let milliseconds = try #require(repetition["milliseconds"] as? [String: Double])
            let step = try #require(milliseconds["step"])
            let phases = ["load", "forward", "backward", "reduce", "wait", "update"]
            let parts = try phases.map { try #require(milliseconds[$0]) }
            #expect(parts.allSatisfy { $0 >= 0 } && parts.reduce(0, +) <= step * 1.001)
            #expect(repetition["samples"] as? Int == 5 * 64)
        }
    }

    /// The floors are those of the products and bytes that the shapes ask for.
    @Test(arguments: [1, 2]) func theRooflineHasEveryOperation(_ ranks: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let json = directory.path("out.json")
        let result = try CommandRunner.lockstep(
            ranks: ranks,
            [
                "bench", "step", file, "--steps", "5", "--warmup", "2", "--repetitions", "1", "--json", json,
                "--roofline",
            ])
        #expect(result.status == 0 && result.output.contains("the whole step"), "\(result.tail)")
        let roofline = try #require(try object(json)["roofline"] as? [String: Any])
        let parts = try #require(roofline["parts"] as? [[String: Any]])
        let peak = try #require(roofline["peak_gflops"] as? Double)
        func floor(_ place: String, _ direction: String) -> Double? {
            parts.first { $0["place"] as? String == place && $0["direction"] as? String == direction }?[
                "floor_milliseconds"] as? Double
        }
        // Every rank has half of the batch, or both halves; the first layer's input wants no gradient.
        let samples = 64 / Double(ranks)
        let products: [(String, String, Double)] = [
            ("hidden.0", "forward", 2048), ("hidden.0", "backward", 2048), ("output", "forward", 640),
            ("output", "backward", 1280),
        ]
        for (place, direction, products) in products {
            let least = samples * products / (peak * 1e9) * 1000
            #expect(try #require(floor(place, direction)) >= least * 0.999, "\(place) \(direction)")
        }
        for name in ["load", "reduce", "update", "wait", "between operations"] {
            #expect(parts.contains { $0["name"] as? String == name }, "\(name)")
        }
    }

    @Test func theRooflineIsOfOneThread() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile + "\nthreads: 2\n")
        let result = try CommandRunner.lockstep(ranks: 1, ["bench", "step", file, "--roofline"])
        #expect(result.status == 2 && result.output.contains("threads=1"), "\(result.status): \(result.tail)")
    }

    @Test func traceHasAllRanksAndPhases() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let traces = [directory.path("bench.json"), directory.path("train.json")]
        let bench = try CommandRunner.lockstep(
            ranks: 2, ["bench", "step", file, "--steps", "2", "--repetitions", "1", "--trace", traces[0]])
        #expect(bench.status == 0, "\(bench.tail)")
        let train = try CommandRunner.lockstep(
            ranks: 2,
            [
                "train", file, "--run-dir", directory.path("run"), "--stop-after-step", "30", "--trace",
                traces[1],
            ])
        #expect(train.status == 0, "\(train.tail)")
        for trace in traces {
            let events = try #require(try object(trace)["traceEvents"] as? [[String: Any]])
            let spans = events.filter { $0["ph"] as? String == "X" }
            #expect(Set(spans.compactMap { $0["pid"] as? Int }) == [0, 1])
            let names = Set(spans.compactMap { $0["name"] as? String })
            #expect(names.isSuperset(of: ["forward", "backward", "update"]), "\(names)")
            #expect(
                spans.allSatisfy { ($0["dur"] as? Double ?? -1) >= 0 && ($0["ts"] as? Double ?? -1) >= 0 })
        }
    }

    /// Every span has its place, however many shards a rank computes.
    @Test func traceHasAllSpansOfManyShards() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let path = directory.path("trace.json")
        let result = try CommandRunner.lockstep(
            ranks: 1,
            [
                "bench", "step", file, "--set", "shards=200", "--set", "batch=400", "--warmup", "1",
                "--steps",
                "1", "--repetitions", "1", "--trace", path,
            ])
        #expect(result.status == 0 && !result.output.contains("lacks"), "\(result.tail)")
        let events = try #require(try object(path)["traceEvents"] as? [[String: Any]])
        for (name, count) in [("update", 10), ("backward", 2000)] {
            #expect(events.count { $0["name"] as? String == name } == count, "\(name)")
        }
    }

    @Test func allreduceReportsEverySize() throws {
        let directory = try TemporaryDirectory()
        let json = directory.path("out.json")
        let result = try CommandRunner.lockstep(
            ranks: 2,
            [
                "bench", "allreduce", "--largest", "65536", "--factor", "16", "--repetitions", "2", "--json",
                json,
            ])
        #expect(result.status == 0, "\(result.tail)")
        let report = try object(json)
        let rows = try #require(report["rows"] as? [[String: Any]])
        #expect(rows.compactMap { $0["bytes"] as? Int } == [4, 4, 64, 64, 1024, 1024, 16384, 16384])
        for row in rows {
            let times = try #require(row["microseconds"] as? [String: [String: Double]])
            for name in ["lockstep", "mpi_allreduce", "memcpy"] {
                #expect((times[name]?["median"] ?? 0) > 0)
            }
        }
    }

    @Test(arguments: [1, 2]) func checkpointReportsStopAndWrite(_ ranks: Int) throws {
        let directory = try TemporaryDirectory()
        let json = directory.path("out.json")
        let result = try CommandRunner.lockstep(
            ranks: ranks,
            [
                "bench", "checkpoint", "--parameters", "200000", "--repetitions", "3", "--steps", "2",
                "--directory", directory.path("checkpoints"), "--json", json,
            ])
        #expect(result.status == 0, "\(result.tail)")
        let report = try object(json)
        let parameters = try #require(report["parameters"] as? Int)
        #expect(abs(parameters - 200_000) < 1000)
        // Parameters and two moments, and what the files hold besides.
        let bytes = try #require(report["bytes"] as? Int)
        #expect(bytes >= 12 * parameters && bytes < 12 * parameters + 10_000)
        let times = try #require(report["seconds"] as? [String: [String: Double]])
        for name in ["stop", "copy", "step_alone", "write", "processor"] {
            #expect((times[name]?["median"] ?? 0) > 0, "\(name)")
        }
        #expect((report["repetitions"] as? [[String: Any]])?.count == 3)
        #expect(!FileManager.default.fileExists(atPath: directory.path("checkpoints")))
        let again = try CommandRunner.lockstep(
            ranks: ranks,
            ["bench", "checkpoint", "--parameters", "2000", "--directory", directory.url.path], timeout: 60)
        #expect(again.status != 0 && again.output.contains("File exists"), "\(again.tail)")
    }

    @Test func whatCannotBeMeasuredIsSaid() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let one = try CommandRunner.lockstep(ranks: 1, ["bench", "allreduce"], timeout: 60)
        #expect(one.status != 0 && one.output.contains("Start two or more"), "\(one.tail)")
        let none = try CommandRunner.lockstep(ranks: 1, ["bench", "step", "missing.yaml"], timeout: 60)
        #expect(none.status != 0 && none.output.contains("missing.yaml"), "\(none.tail)")
        let steps = try CommandRunner.lockstep(
            ranks: 1, ["bench", "step", file, "--steps", "0"], timeout: 60)
        #expect(
            steps.status == 2 && steps.output.contains("--steps must be from 1 to 1000000"), "\(steps.tail)")
        let place = try directory.write("plain", "") + "/trace.json"
        let trace = try CommandRunner.lockstep(
            ranks: 2, ["bench", "step", file, "--trace", place], timeout: 60)
        #expect(trace.status != 0 && trace.output.contains("--trace"), "\(trace.tail)")
    }
}
