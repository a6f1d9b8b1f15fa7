import Foundation
import Testing

/// scripts/scale and scripts/bench/compare: short runs that store what they should, and what they refuse. No
/// timings are judged.
@Suite(.serialized) struct BenchmarkScriptTests {
    private static let environment = ProcessInfo.processInfo.environment["LOCKSTEP_VENV"]
    private static let hasPython =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/env")
        && (try? CommandRunner.run("/usr/bin/env", ["python3", "--version"]))?.status == 0

    private func script(
        _ name: String, _ arguments: [String], environment: [String: String] = [:], timeout: Double = 300
    ) throws -> CommandResult {
        try CommandRunner.run(
            CommandRunner.repository.appendingPathComponent("scripts/\(name)").path, arguments,
            environment: ["LOCKSTEP_BINARY": CommandRunner.command].merging(environment) { $1 },
            timeout: timeout)
    }

    private func results(_ directory: TemporaryDirectory) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: directory.path("out/results.json")))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private let runFile = """
        model: {mlp: {hidden: [32]}}
        data: {synthetic: {samples: 1000, shape: [32], classes: 10}}
        batch: 64
        epochs: 1000
        optimizer: {adam: {learning_rate: 0.001}}
        seed: 1
        """

    @Test(.enabled(if: hasPython)) func statisticsAndModelsAreRight() throws {
        let file = CommandRunner.repository.appendingPathComponent("scripts/bench/selfcheck.py").path
        let result = try CommandRunner.run("/usr/bin/env", ["python3", file], timeout: 60)
        #expect(result.status == 0 && !result.output.contains("FAILED"), "\(result.output)")
        #expect(result.output.split(separator: "\n").count >= 25, "\(result.output)")
    }

    @Test(.enabled(if: hasPython)) func scaleMeasuresAndPredicts() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let plots = Self.environment != nil
        var arguments = [
            file, "--quick", "--repetitions", "2", "--seconds", "0.02", "--output", directory.path("out"),
        ]
        arguments += ["--latency", "20e-6", "--bandwidth", "1e9", "--predict", "2,3,64"]
        if !plots { arguments.append("--no-plot") }
        let result = try script("scale", arguments)
        #expect(result.status == 0, "\(result.tail)")
        #expect(result.output.contains("Predicted, not measured"), "\(result.tail)")

        let results = try results(directory)
        let rows = try #require(results["rows"] as? [[String: Any]])
        #expect(
            rows.map { "\($0["kind"] ?? "") \($0["ranks"] ?? "") \($0["batch"] ?? "")" } == [
                "weak 1 64", "weak 2 128", "strong 1 64", "strong 2 64",
            ])
        for row in rows {
            for name in ["efficiency", "ceiling", "share_of_ceiling"] {
                let spread = try #require(row[name] as? [String: Any])
                let median = try #require(spread["median"] as? Double)
                #expect(median > 0 && median.isFinite && spread["count"] as? Int == 2)
            }
            #expect((row["phases"] as? [String: Double])?["backward"] ?? 0 > 0)
        }
        let predictions = try #require(results["predictions"] as? [[String: Any]])
        #expect(predictions.compactMap { $0["ranks"] as? Int } == [2, 3, 64, 2, 3, 64])
        // Those of bench schedule: their parts add up, and they assume what was given and measured.
        for prediction in predictions {
            let parts = try ["compute", "arrival", "rows", "sums", "records", "squares"].map {
                try #require(prediction[$0] as? Double)
            }
            let step = try #require(prediction["milliseconds"] as? Double)
            #expect(step > 0 && abs(parts.reduce(0, +) / step - 1) < 1e-6, "\(prediction)")
        }
        let assumptions = try #require(results["assumptions"] as? [String: [String: Double]])
        for kind in ["weak", "strong"] {
            #expect(abs((assumptions[kind]?["latency_seconds"] ?? 0) - 20e-6) < 1e-12)
            #expect(abs((assumptions[kind]?["bytes_per_second"] ?? 0) - 1e9) < 1)
        }
        let comparison = try #require(results["comparison"] as? [[String: Any]])
        #expect(comparison.map { $0["kind"] as? String } == ["weak", "strong"])
        for row in comparison {
            let (measured, predicted) = (row["measured"] as? Double ?? 0, row["predicted"] as? Double ?? 0)
            let difference = try #require(row["difference"] as? Double)
            #expect(predicted > 0 && abs(predicted / measured - 1 - difference) < 1e-9)
        }
        #expect(result.output.contains("2 ranks on this machine: measured"), "\(result.tail)")
        let stored = ["results.csv", "results.md"] + (plots ? ["scaling.svg", "scaling.png"] : [])
        for name in stored {
            #expect(FileManager.default.fileExists(atPath: directory.path("out/" + name)), "\(name)")
        }
        let table = try script("scale", ["--markdown", directory.path("out")])
        #expect(table.status == 0 && table.output.contains("| weak | 2 | 128 |"), "\(table.tail)")
    }

    @Test(.enabled(if: hasPython && environment != nil)) func compareMeasuresBothSides() throws {
        let directory = try TemporaryDirectory()
        let result = try script(
            "bench/compare",
            [
                "--quick", "--pairs", "2", "--seconds", "0.05", "--families", "mlp", "--precisions",
                "float32",
                "--output", directory.path("out"),
            ])
        #expect(result.status == 0, "\(result.tail)")
        let rows = try #require(try results(directory)["rows"] as? [[String: Any]])
        #expect(rows.compactMap { $0["ranks"] as? Int } == [1, 2])
        for row in rows {
            let ratio = try #require(row["ratio"] as? [String: Any])
            #expect((ratio["median"] as? Double ?? 0) > 0 && ratio["count"] as? Int == 2)
            for side in ["lockstep", "theirs"] {
                let side = try #require(row[side] as? [String: Any])
                #expect((side["peak_memory_bytes"] as? Int ?? 0) > 1 << 20)
                // Whoever waits must leave the processor to the other.
                #expect((side["processor_share_while_waiting"] as? Double ?? 1) < 0.5, "\(side)")
            }
        }
        for name in ["results.csv", "results.md"] {
            #expect(FileManager.default.fileExists(atPath: directory.path("out/" + name)), "\(name)")
        }
    }

    /// The families with the number of parameters that the networks in scripts/pytorch have: the comparison
    /// refuses others. Those on the King James text are left out where Debian's package of it is missing.
    private static let families: [(String, Int)] =
        [("mlp", 535_818), ("cnn", 421_642), ("resnet", 272_474)]
        + (FileManager.default.isExecutableFile(atPath: "/usr/bin/bible")
            ? [("gpt", 3_257_856), ("lstm", 493_824)] : [])

    @Test(arguments: families, ["float32", "bf16"]) func familiesAreTheNetworksOfTheComparison(
        _ family: (name: String, parameters: Int), _ precision: String
    ) throws {
        let file = CommandRunner.repository.appendingPathComponent(
            "scripts/bench/families/\(family.name).yaml")
        let result = try CommandRunner.lockstep(
            ranks: 1,
            [
                "bench", "step", file.path, "--set", "precision=\(precision)", "--steps", "1", "--warmup",
                "0",
                "--repetitions", "1",
            ])
        if result.output.contains("needs a processor with AVX-512 BF16") { return }
        #expect(result.status == 0, "\(result.tail)")
        let model = "\(family.name), \(precision), \(family.parameters) parameters"
        #expect(result.output.contains(model), "\(result.tail)")
    }

    @Test(
        .enabled(if: hasPython),
        arguments: [
            (
                "bench/compare", ["--families", "mlp,vgg"],
                "unknown family 'vgg'; there are: mlp, cnn, resnet, gpt, lstm"
            ),
            (
                "bench/compare", ["--peers", "mlx", "--families", "gpt,lstm"],
                "MLX has no gpt or lstm here, only: mlp"
            ),
            ("bench/compare", ["--precisions", "fp8"], "unknown precision 'fp8'"),
            ("bench/compare", ["--ranks", "two"], "--ranks must be whole numbers"),
            ("bench/compare", ["--pairs", "0"], "--pairs must be at least 1"),
            ("bench/compare", ["--markdown", "/nowhere"], "'/nowhere' holds no results"),
            (
                "bench/faults", ["--faults", "kill,flood"],
                "there is no 'flood'; there are kill, crash, stop, cut"
            ),
            ("bench/faults", ["--ranks", "3"], "--ranks must be even"),
            ("bench/faults", ["--markdown", "/nowhere"], "'/nowhere' holds no results"),
            ("bench/precision", [], "which run file?"),
            ("bench/precision", ["/nowhere/run.yaml"], "there is no run file '/nowhere/run.yaml'"),
            (
                "bench/precision", ["README.md", "--seeds", "1"],
                "--seeds must be two different whole numbers"
            ),
            ("bench/precision", ["README.md", "--set", "seed=3"], "the comparison sets it itself"),
            ("bench/precision", ["README.md", "--set", "precision=bf16"], "the comparison sets it itself"),
            ("bench/precision", ["README.md", "--variant", "l2=0.1"], "two different settings or more"),
            (
                "bench/precision", ["README.md", "--launch", "-H a,b"],
                "--launch goes with --ranks of 2 or more"
            ),
            ("scale", [], "which run file?"),
            ("scale", ["/nowhere/run.yaml"], "'/nowhere/run.yaml' cannot be read"),
            ("scale", ["LICENSE"], "has no line 'batch:"),
            ("scale", ["Examples/synthetic-mlp.yaml", "--ranks", "0"], "--ranks must be whole numbers"),
            ("scale", ["Examples/synthetic-mlp.yaml", "--predict", "0"], "--predict must be whole numbers"),
            (
                "scale", ["Examples/synthetic-mlp.yaml", "--ranks", "256"],
                "cuts the batch of 128 among 256 ranks"
            ),
            ("scale", ["Examples/synthetic-mlp.yaml", "--set", "shards=4"], "as many shards as ranks"),
        ]) func mistakes(_ name: String, _ arguments: [String], _ message: String) throws
    {
        let arguments = arguments.map {
            $0.hasPrefix("Examples/") || $0 == "README.md"
                ? CommandRunner.repository.appendingPathComponent($0).path : $0
        }
        let result = try script(name, arguments, timeout: 30)
        #expect(result.status == 2, "\(result.output)")
        #expect(result.output.contains(message), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }

    @Test(.enabled(if: hasPython)) func faultsAreTimed() throws {
        let directory = try TemporaryDirectory()
        let result = try script(
            "bench/faults",
            [
                "--places", "one", "--faults", "kill,stop", "--times", "1", "--timeout", "3", "--ranks", "2",
                "--output",
                directory.path("out"),
            ])
        #expect(result.status == 0, "\(result.tail)")
        let rows = try #require(try results(directory)["rows"] as? [[String: Any]])
        #expect(rows.map { $0["kind"] as? String } == ["kill", "stop"])
        for row in rows {
            let gone = try #require(row["gone"] as? Double)
            let over = try #require(row["over"] as? Double)
            #expect(gone > 0 && over > 0 && row["reports"] as? Int == 1, "\(row)")
        }
        let table = try script("bench/faults", ["--markdown", directory.path("out")])
        #expect(table.status == 0 && table.output.contains("| one host | stop | 1 | "), "\(table.tail)")
    }

    @Test(.enabled(if: hasPython)) func aRunThatFailsSaysWhy() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("run.yaml", runFile)
        let result = try script(
            "scale", [file, "--quick", "--no-plot", "--set", "clip=x", "--output", directory.path("out")],
            timeout: 60)
        #expect(result.status == 1)
        #expect(
            result.output.contains("ended with status") && result.output.contains("--set clip=x"),
            "\(result.tail)")
    }

    @Test(.enabled(if: hasPython && SameBitsTests.hasBFloat16, "bf16 needs a processor that has it"))
    func precisionsAreCompared() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "run.yaml",
            runFile.replacingOccurrences(of: "classes: 10}", with: "classes: 10, validation: 0.2}"))
        let result = try script(
            "bench/precision", [file, "--quick", "--seeds", "4,5", "--output", directory.path("out")])
        #expect(result.status == 0, "\(result.tail)")
        #expect(result.output.contains("| validation accuracy | seed 4 | seed 5 | mean |"), "\(result.tail)")
        let results = try results(directory)
        let runs = try #require(results["runs"] as? [[String: Any]])
        #expect(
            runs.map { "\($0["variant"] ?? "") \($0["seed"] ?? "") \($0["steps"] ?? "")" } == [
                "float32 4 20", "bf16 4 20", "float32 5 20", "bf16 5 20",
            ])
        func accuracy(_ index: Int) throws -> Double {
            try #require((runs[index]["metrics"] as? [String: Double])?["accuracy"])
        }
        let summary = try #require(results["summary"] as? [String: [String: [String: Double]]])
        let float32 = try #require(summary["accuracy"]?["float32"])
        #expect(abs((float32["mean"] ?? 0) - (try accuracy(0) + accuracy(2)) / 2) < 1e-12)
        #expect(float32["lowest"] == min(try accuracy(0), try accuracy(2)))
        let difference = (try accuracy(1) - accuracy(0) + accuracy(3) - accuracy(2)) / 2
        #expect(abs((summary["accuracy"]?["bf16 - float32"]?["mean"] ?? 9) - difference) < 1e-12)
        // The two are not the same run: their losses differ in some digit.
        #expect((summary["loss"]?["bf16 - float32"]?["deviation"] ?? 0) > 0)
        let table = try script("bench/precision", ["--markdown", directory.path("out")])
        #expect(table.status == 0 && table.output.contains("| bf16 - float32 |"), "\(table.tail)")

        let varied = try script(
            "bench/precision",
            [
                file, "--quick", "--ranks", "2", "--launch", "--env MARK=1", "--output",
                directory.path("varied"),
            ]
                + ["--variant", "l2=0", "--variant", "l2=0.1", "--variant", "l2=0.2"])
        #expect(varied.status == 0 && varied.output.contains("| 0.2 - 0 |"), "\(varied.tail)")
        #expect(varied.output.contains("2 ranks (--env MARK=1), 20 steps"), "\(varied.tail)")

        let blind = try directory.write("blind.yaml", runFile)
        let refused = try script("bench/precision", [blind, "--quick", "--output", directory.path("none")])
        #expect(refused.status == 2 && refused.output.contains("has no validation split"), "\(refused.tail)")
    }

    @Test(.enabled(if: hasPython)) func withoutANetworkItSaysWhatIsMissing() throws {
        let directory = try TemporaryDirectory()
        let nowhere = "http://127.0.0.1:9"
        let result = try script(
            "bench/compare", ["--quick", "--families", "mlp"],
            environment: [
                "LOCKSTEP_VENV": directory.path("venv"), "PIP_CONFIG_FILE": "/dev/null",
                "PIP_INDEX_URL": nowhere,
                "PIP_RETRIES": "0", "https_proxy": nowhere, "http_proxy": nowhere,
            ], timeout: 120)
        #expect(result.status == 1, "\(result.tail)")
        #expect(result.output.contains("pip could not install torch==2.13.0+cpu"), "\(result.tail)")
        #expect(result.output.contains("LOCKSTEP_VENV"), "\(result.tail)")
    }
}
