import ArgumentParser
import Foundation
import LockstepBenchmarks
import LockstepCollectives
import LockstepExperiment
import LockstepProcess
import LockstepTraining

/// `lockstep bench schedule`: how long steps would take on a cluster.
struct BenchScheduleCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Predicts the training steps of a run file on clusters of any size.",
        discussion: """
            Measures the passes of one rank, takes the messages of a step from the trainer's own plans, and computes the time \
            of the step from the assumptions that the options name. Nothing is sent: it runs without \
            mpirun. The run file's batch is that of one rank, and every rank has one shard (weak scaling); efficiency is the \
            time of one rank alone over that of a step.

            With --trace the steps on the largest number of hosts are written for SimGrid's smpirun -replay, which \
            computes the times on a simulated network: scripts/bench/simulate does both.

            Examples:

              lockstep bench schedule Examples/fashion-mlp.yaml --hosts 2,16,128 --ranks 4 --bandwidth 25
              lockstep bench schedule Examples/fashion-mlp.yaml --hosts 1024 --ranks 64 --json schedule.json
            """)

    @OptionGroup var source: BenchRunFile

    @Option(help: ArgumentHelp("The numbers of hosts, with commas between them.", valueName: "list"))
    var hosts = "2,4,8,16,32,64"

    @Option(help: ArgumentHelp("The number of ranks on each host.", valueName: "n"))
    var ranks = 1

    @Option(help: ArgumentHelp("Assumed: a host's link in Gbit/s, in each direction.", valueName: "number"))
    var bandwidth = 100.0

    @Option(
        help: ArgumentHelp("Assumed: a message between hosts, one way, in microseconds.", valueName: "number")
    )
    var latency = 5.0

    @Option(
        help: ArgumentHelp("Assumed: processor time of a message, in microseconds.", valueName: "number"))
    var overhead = 2.0

    @Option(
        help: ArgumentHelp(
            "Assumed: at how many GB/s the ranks of a host together read gradients to add them.",
            valueName: "number"))
    var memory = 100.0

    @Option(
        help: ArgumentHelp(
            "Assumed: the standard deviation of a rank's step, as a percentage.", valueName: "number"))
    var deviation = 0.0

    @Option(
        help: ArgumentHelp(
            """
            Assumed: the speed of a rank in GFLOP/s, as a mean over its step without communication; by default the measured one.
            """, valueName: "number"))
    var gflops: Double?

    @Option(
        help: ArgumentHelp(
            "Measured elsewhere: the time of a rank's step without communication, in milliseconds.",
            valueName: "number"))
    var stepMs: Double?

    @Option(
        help: ArgumentHelp(
            """
            Measured elsewhere, in place of --deviation: the slowest of so many ranks takes so many times as long as their mean, \
            as in 8:1.03.
            """, valueName: "ranks:ratio"))
    var slowest: String?

    @Option(
        name: .customLong("level"),
        help: ArgumentHelp(
            """
            Assumed: parts of so many hosts share links to the rest, whose bandwidth is so many times less than that of the hosts \
            together, if all hosts talk to all, and if those of a part talk to those of one other part; may be repeated.
            """, valueName: "hosts:all:pair"))
    var levels: [String] = []

    @Option(help: ArgumentHelp("The number of measured steps, after one that is not.", valueName: "n"))
    var steps = 5

    @Option(
        help: ArgumentHelp("Take the measured passes from the --json of an earlier call.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var profile: String?

    @Option(
        help: ArgumentHelp("Write everything to this file as JSON.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Write two steps on the largest number of hosts to this file, for smpirun -replay.",
            valueName: "file"),
        completion: .file(extensions: ["txt"]))
    var trace: String?

    func validate() throws {
        _ = try hostCounts
        _ = try cluster
        try BenchLimits.require("steps", steps)
        guard 1...1024 ~= ranks else {
            throw ValidationError("--ranks must be from 1 to 1024; got \(ranks)")
        }
        for (name, value) in [("gflops", gflops), ("step-ms", stepMs)] {
            guard let value else { continue }
            guard value > 0, value.isFinite else {
                throw ValidationError("--\(name) must be above 0; got \(value)")
            }
        }
        if gflops != nil && stepMs != nil {
            throw ValidationError("--gflops and --step-ms both set the speed of a rank; give one of them")
        }
    }

    private var speed: ScheduleBenchmark.RankSpeed {
        if let gflops { return .operationsPerSecond(gflops * 1e9) }
        return stepMs.map { .stepSeconds($0 / 1000) } ?? .measured
    }

    /// The relative standard deviation of a rank's step.
    private var spread: Double {
        get throws {
            guard let slowest else { return deviation / 100 }
            guard deviation == 0 else {
                throw ValidationError("--deviation and --slowest both set the deviation; give one of them")
            }
            let words = slowest.split(separator: ":", omittingEmptySubsequences: false)
            guard words.count == 2, let count = Int(words[0]), 2...1 << 20 ~= count,
                let ratio = Double(words[1]), ratio >= 1, ratio.isFinite
            else {
                throw ValidationError(
                    "--slowest must be ranks:ratio, from 2 ranks and from 1 on, such as 8:1.03; got '\(slowest)'"
                )
            }
            return (ratio - 1) / expectedMaximum(of: count)
        }
    }

    private var hostCounts: [Int] {
        get throws {
            let words = hosts.split(separator: ",", omittingEmptySubsequences: false)
            let counts = words.compactMap { Int($0) }
            guard counts.count == words.count, counts.allSatisfy({ 1...16384 ~= $0 }) else {
                throw ValidationError(
                    "--hosts must be whole numbers from 1 to 16384 with commas between them; got '\(hosts)'")
            }
            return counts
        }
    }

    private var cluster: ClusterModel {
        get throws {
            for (name, value) in [("bandwidth", bandwidth), ("memory", memory)] {
                guard value > 0, value.isFinite else {
                    throw ValidationError("--\(name) must be above 0; got \(value)")
                }
            }
            for (name, value) in [("latency", latency), ("overhead", overhead), ("deviation", deviation)] {
                guard value >= 0, value.isFinite else {
                    throw ValidationError("--\(name) must be at least 0; got \(value)")
                }
            }
            return ClusterModel(
                bandwidth: bandwidth * 1e9 / 8, latency: latency * 1e-6, overhead: overhead * 1e-6,
                memoryBandwidth: memory * 1e9, deviation: try spread, levels: try levels.map(level))
        }
    }

    private func level(_ text: String) throws -> ClusterModel.Level {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 3, let span = Int(words[0]), span > 0, let uniform = Double(words[1]),
            let paired = Double(words[2]), uniform > 0, paired > 0, uniform.isFinite, paired.isFinite
        else {
            throw ValidationError(
                "--level must be hosts:all:pair, three numbers above 0 such as 32:2:2; got '\(text)'")
        }
        return .init(span: span, uniform: uniform, paired: paired)
    }

    func run(_ parts: ProgramParts) throws {
        RankProgram.run { communicator in
            let known = try knownProfile()
            let benchmark = try ScheduleBenchmark(
                communicator: communicator, runFile: try source.read(parts, more: ["shards=1"]),
                options: .init(
                    hosts: try hostCounts, ranksEach: ranks, steps: steps,
                    speed: speed))
            let report = try benchmark.run(try cluster, known: known)
            if let json { try report.write(to: json) }
            if let trace { try report.writeTrace(to: trace, steps: 2) }
            try StandardStream.output.write(report.table)
        }
    }

    private func knownProfile() throws -> StepProfile? {
        guard let profile else { return nil }
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: profile)) } catch {
            throw RunFailure(
                error: ValidationError("--profile: \(profile) cannot be read."), status: .mistake)
        }
        guard let known = StepProfile(json: data) else {
            throw RunFailure(
                error: ValidationError(
                    "--profile: \(profile) has no profile; bench schedule --json writes one."),
                status: .mistake)
        }
        return known
    }
}
