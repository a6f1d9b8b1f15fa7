import Foundation
import Testing

/// Mistakes of a program with the public API, in the build that is measured and shipped: each ends it with status 1 and a message
/// that names operation, shapes and layer, and takes the other ranks along.
@Suite(.serialized) struct ContractTests {
    @Test(arguments: [
        ("linear", "linear in layers.2.output: x [4, 3] does not fit weight [3, 8]"),
        ("add", "add after layers.2.output: the shapes [4, 3] and [4, 8] do not go together"),
        ("reshape", "reshape after layers.2.output: [4, 3] has 12 numbers, [5, 3] 15"),
        ("concatenate", "concatenate after hidden: [4, 3] and [4, 8] differ outside axis 0"),
        ("conv", "conv2d after layers.2.output: x [4, 3] does not fit weight [1, 1, 3, 3]"),
        ("kernel", "conv2d after layers.2.output: a kernel of 5, stride 1, padding 0"),
        ("pooling", "pooling after layers.2.output: x [4, 3] has to be [N, H, W, C]"),
        ("attention", "attention after layers.2.output: qkv [1, 4, 3] has to be [N, L, 3 E]"),
        ("embedding", "embedding after hidden: ids [4, 3] of float32 elements, table [4, 8]"),
        ("normalization", "layerNorm after layers.2.output: x [4, 3] does not fit scale [4]"),
        (
            "label-type",
            "crossEntropy after layers.2.output: logits [4, 3] do not fit labels [4, 3] of float32"
        ),
        ("targets", "meanSquaredError after layers.2.output: x [4, 3] does not fit targets [3, 4]"),
        ("scalar", "Tape: backward after layers.2.output starts from one number, not from [4, 3]"),
        ("two-tapes", "Tape: variables of two tapes meet in one operation"),
        ("earlier-pass", "Tape: a variable [4, 3] of an earlier pass"),
        ("twice", "Tape: backward is called twice in a pass"),
        ("element-type", "Tensor: float32 elements read as int32"),
        ("negative", "Shape: an extent of -1"),
        ("extent", "Shape: an extent of 3000000000"),
        ("overflow", "Shape: [2000000000, 2000000000, 2000000000] has more elements than memory has bytes"),
        ("rows", "Tensor: rows 2..<9 of [4, 3]"),
        ("values", "Tensor: 2 values for shape [3]"),
        ("width", "MultiHeadAttention block: 4 heads of width 6"),
        ("groups", "Convolution2D stem: 3 to 4 channels in 0 groups"),
        ("unreleased", "Loader: next would wait for ever, since all 3 batches are out"),
        ("foreign-shard", "StepBatch: shard 2 is not one of this rank's, 0..<2"),
        ("closed", "Loader: next after close"),
        ("late", "ParameterStore: late.weight is registered after the layout was fixed"),
        ("unbound", "Parameter nowhere.weight: the parameter store has no memory yet"),
    ]) func aBrokenContractSaysWhatAndWhere(_ mistake: String, _ message: String) throws {
        let result = try CommandRunner.run(LoopRun.program, [mistake, "0", "3"])
        #expect(result.status == 1 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.output.hasPrefix("lockstep: \(message)"), "\(result.output)")
    }

    @Test func aBrokenContractEndsTheOtherRanks() throws {
        let result = try LoopRun.run("linear", rank: 1, step: 5, ranks: 3)
        #expect(result.status == 1 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(
            result.output.contains(#/lockstep: rank 1 on \S+: linear in layers.2.output: x \[4, 3\]/#),
            "\(result.output)")
        #expect(RankKiller.processes("linear", "/LoopProbe").isEmpty)
        #expect(try LoopRun.folders().isEmpty)
    }

    /// Every rank leaves with the same message, and no watchdog takes that for a hang.
    @Test func aContractThatAllRanksBreak() throws {
        let result = try LoopRun.run("linear", rank: -1, step: 5, ranks: 3)
        #expect(result.status == 1 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.output.contains("linear in layers.2.output"), "\(result.output)")
        #expect(!result.output.contains("made no progress"), "\(result.output)")
    }
}

/// Runs `LoopProbe`, a program with a loop of its own, under mpirun.
enum LoopRun {
    static let program = CommandRunner.productsDirectory.appendingPathComponent("LoopProbe").path

    /// The folders of heartbeats that are left of programs that are gone.
    static func folders() throws -> [String] {
        let prefix = "lockstep-loop-\(getuid())-"
        return try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter { name in
            guard name.hasPrefix(prefix),
                let process = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" })
            else { return false }
            return kill(process, 0) != 0
        }
    }

    static func run(
        _ fault: String, rank: Int, step: Int, ranks: Int, environment: [String: String] = [:]
    ) throws -> CommandResult {
        let mpirun = ["mpirun", "--bind-to", "none", "--oversubscribe", "-np", String(ranks)]
        return try CommandRunner.run(
            "/usr/bin/env", mpirun + [program, fault, String(rank), String(step)],
            environment: [
                "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1",
            ].merging(environment) { $1 }, timeout: 60)
    }
}
