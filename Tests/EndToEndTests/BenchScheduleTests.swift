import Foundation
import Testing

/// `lockstep bench schedule`: what it writes, and what it refuses.
@Suite(.serialized) struct BenchScheduleTests {
    private let runFile = """
        model: {mlp: {hidden: [700, 700]}}
        data: {synthetic: {samples: 2000, shape: [32], classes: 10}}
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

    @Test func predictsAndReadsItsOwnProfile() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let (first, second) = (directory.path("first.json"), directory.path("second.json"))
        let trace = directory.path("trace.txt")
        let result = try CommandRunner.lockstep(
            ranks: 1,
            [
                "bench", "schedule", file, "--hosts", "1,2,8", "--ranks", "2", "--json", first, "--trace",
                trace,
            ])
        #expect(result.status == 0 && result.output.contains("efficiency"), "\(result.tail)")
        let report = try object(first)
        let profile = try #require(report["profile"] as? [String: Any])
        // Three layers with weights and biases.
        #expect((profile["reads"] as? [Any])?.count == 6 && (profile["finishes"] as? [Any])?.count == 6)
        let predictions = try #require(report["predictions"] as? [[String: Any]])
        #expect(predictions.compactMap { $0["hosts"] as? Int } == [1, 2, 8])
        for prediction in predictions {
            let parts = ["compute", "arrival", "rows", "sums", "records", "squares"]
            let sum = try parts.reduce(0) { try $0 + #require(prediction[$1 + "_seconds"] as? Double) }
            #expect(abs(sum - (prediction["step_seconds"] as? Double ?? 0)) < 1e-9)
        }
        let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
        let processes = try #require(predictions[2]["processes"] as? Int)
        #expect(lines.count { $0.hasSuffix(" init") } == 8 * processes)

        let again = try CommandRunner.lockstep(
            ranks: 1,
            [
                "bench", "schedule", file, "--hosts", "1,2,8", "--ranks", "2", "--profile", first, "--json",
                second,
            ])
        #expect(again.status == 0, "\(again.tail)")
        let repeated = try #require(try object(second)["predictions"] as? [[String: Any]])
        for (one, other) in zip(predictions, repeated) {
            let seconds = try #require(one["step_seconds"] as? Double)
            #expect(abs((other["step_seconds"] as? Double ?? 0) / seconds - 1) < 1e-9)
            #expect(one["bytes_sent"] as? Int == other["bytes_sent"] as? Int)
        }
    }

    /// A measured step and the slowest of two ranks: the expected maximum of two normal numbers is 1 / sqrt(pi).
    @Test func takesMeasuredFigures() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let json = directory.path("schedule.json")
        let result = try CommandRunner.lockstep(
            ranks: 1,
            [
                "bench", "schedule", file, "--hosts", "1,2", "--step-ms", "200", "--slowest", "2:1.1",
                "--json",
                json,
            ])
        #expect(result.status == 0, "\(result.tail)")
        let report = try object(json)
        let predictions = try #require(report["predictions"] as? [[String: Any]])
        let compute = predictions.compactMap { $0["compute_seconds"] as? Double }
        #expect(compute.count == 2 && abs(compute[0] - 0.2) < 1e-9 && abs(compute[1] - 0.22) < 1e-9)
        let assumptions = try #require(report["assumptions"] as? [String: Double])
        #expect(abs((assumptions["deviation"] ?? 0) - 0.1 * Double.pi.squareRoot()) < 1e-6)
    }

    /// 700 x 700 and smaller weights, about 2 MB: one bucket of 4 MiB, and at least as many as pieces of 256 KiB.
    @Test func theBucketOfTheRunFileCounts() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        func buckets(_ size: String) throws -> Int? {
            let json = directory.path("schedule.json")
            let result = try CommandRunner.lockstep(
                ranks: 1,
                [
                    "bench", "schedule", file, "--hosts", "4", "--steps", "1", "--json", json, "--set",
                    "allreduce.bucket=\(size)",
                ])
            #expect(result.status == 0, "\(result.tail)")
            return try (object(json)["predictions"] as? [[String: Any]])?.first?["buckets"] as? Int
        }
        let (large, small) = (try buckets("4 MiB"), try buckets("256 KiB"))
        #expect(large == 1 && small ?? 0 >= 8, "\(large ?? 0), \(small ?? 0)")
    }

    @Test(arguments: [
        (["--hosts", "0"], "--hosts"), (["--hosts", "2,"], "--hosts"), (["--ranks", "0"], "--ranks"),
        (["--bandwidth", "0"], "--bandwidth"), (["--latency", "-1"], "--latency"),
        (["--gflops", "0"], "--gflops"), (["--step-ms", "0"], "--step-ms"),
        (["--gflops", "1", "--step-ms", "1"], "give one of them"),
        (["--slowest", "1:1.1"], "--slowest"), (["--slowest", "2:0.5"], "--slowest"),
        (["--slowest", "2:1.1", "--deviation", "1"], "give one of them"),
        (["--level", "4:2"], "--level"), (["--profile", "nowhere.json"], "nowhere.json"),
    ])
    func refuses(_ options: [String], _ named: String) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let result = try CommandRunner.lockstep(ranks: 1, ["bench", "schedule", file] + options)
        #expect(result.status == 2, "\(result.status)")
        #expect(result.output.contains(named), "\(result.tail)")
    }
}
