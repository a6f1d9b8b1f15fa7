import Foundation
import Testing

/// Mistakes of a program with the public API, in the build that is measured and shipped: each ends it with
/// status 1 and a message that names operation, shapes and layer, and takes the other ranks along.
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
        (
            "recomputed",
            "ActivationCheckpoint: in backward the body records other operations than in the forward pass"
        ),
        ("element-type", "Tensor: float32 elements read as int32"),
        ("negative", "Shape: an extent of -1"),
        ("extent", "Shape: an extent of 3000000000"),
        ("overflow", "Shape: [2000000000, 2000000000, 2000000000] has more elements than memory has bytes"),
        ("rows", "Tensor: rows 2..<9 of [4, 3]"),
        ("values", "Tensor: 2 values for shape [3]"),
        ("width", "MultiHeadAttention block: 4 heads of width 6"),
        ("groups", "Convolution2D stem: 3 to 4 channels in 0 groups"),
        ("unreleased", "Loader: next would wait forever, since all 3 batches are in use"),
        ("foreign-shard", "StepBatch: shard 2 is not one of this rank's, 0..<2"),
        ("closed", "Loader: next after close"),
        ("late", "ParameterStore: late.weight is registered after the layout was fixed"),
        ("unbound", "Parameter nowhere.weight: the parameter store has no memory yet"),
    ]) func aBrokenContractSaysWhatAndWhere(_ mistake: String, _ message: String) throws {
        let result = try CommandRunner.run(LoopRun.program, [mistake, "0", "3"])
        #expect(result.status == 1 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(result.output.hasPrefix("LoopProbe: \(message)"), "\(result.output)")
    }

    @Test(arguments: [
        (
            "conv1d",
            "conv1d in conv: x [2, 9, 5] [N, L, C] does not fit weight [6, 4, 3] [O, C / groups, K], bias [6], groups 1"
        ),
        ("conv1d-rank", "conv1d in conv: x [2, 9] [N, L, C] does not fit weight [6, 4, 3]"),
        (
            "conv1d-window",
            "conv1d in conv: a kernel of 3, stride 1, padding 0 and dilation 1 has no place on x [2, 2, 4], a sequence of length 2"
        ),
        ("conv1d-groups", "Convolution1D conv: 4 to 6 channels in 4 groups, kernel 3"),
        ("pool1d", "maxPool1d after layers.2.output: x [4, 3] has to be [N, L, C]; kernel 2, padding 0"),
        ("pool1d-window", "averagePool1d after layers.2.output: a kernel of 5, stride 5"),
        ("transpose", "convTranspose2d in up: x [2, 3, 5, 5] does not fit weight [6, 4, 3, 3], bias [4]"),
        (
            "transpose-window",
            "convTranspose2d in up: kernel 3, stride 1, padding 0, dilation 1 and output padding 1"
        ),
        ("transpose-padding", "convTranspose2d in up: padding 4 leaves nothing of x [2, 3, 5, 6]"),
        ("transpose-groups", "ConvolutionTranspose2D up: 6 to 4 channels in 2 groups, kernel 0"),
        (
            "cross",
            "CrossAttention cross: x [2, 3, 8] and memory [2, 4, 8] have to be [N, Q, 8] and [N, K, 5]"
        ),
        ("cross-heads", "CrossAttention cross: 3 heads of width 8, memory of width 8"),
        ("cross-lengths", "attention after cross: queries [2, 3, 8], keys [2, 4, 8] and values [2, 4, 8]"),
        ("masked-softmax", "maskedSoftmax after layers.2.output: scores [4, 3] have to be [N, heads,"),
        ("group", "groupNorm in norm: 2 groups do not divide the channels of x [2, 3, 5]"),
        ("group-groups", "GroupNormalization norm: 3 groups of 4 channels"),
        ("group-scale", "groupNorm in norm: x [2, 3, 6] does not fit scale [4] and shift [4]"),
        ("rms", "rmsNorm in norm: x [4, 3] does not fit scale [7]"),
        ("rms-channels", "RMSNormalization norm: 0 channels"),
        ("instance", "instanceNorm in norm: x [2, 3, 3, 5] [N, ..., C] does not fit scale [4]"),
        ("instance-rank", "instanceNorm after layers.2.output: x [12] has to be [N, ..., C]"),
        ("instance-channels", "InstanceNormalization norm: -1 channels"),
        ("swiglu", "linear in mlp.w1: x [4, 3] does not fit weight [20, 8]"),
        ("recurrent-dropout", "Recurrent rnn: 3 inputs, 4 units, 2 layers, dropout 1.5"),
        ("triplet", "triplet after layers.2.output: [4, 3], [4, 3] and [3, 4] have to be equal matrices"),
        ("cosine", "cosineEmbedding after layers.2.output: [4, 3] and [4, 3] have to be equal matrices"),
        ("contrastive", "infoNCE after layers.2.output: [4, 3] and [4, 3] are not equal matrices"),
        ("focal", "focal after layers.2.output: x [4, 3] does not fit labels [2] of int32 elements"),
        ("dice", "dice after layers.2.output: x [4, 3] does not fit targets [3, 4] of float32 elements"),
        ("weights", "focal after layers.2.output: x [4, 3] does not fit labels [4] of float32 elements"),
        ("select", "indexSelect after layers.2.output: indices [2, 2] of int32 do not fit x [4, 3]"),
        ("clamp", "clamp after layers.2.output: the lower bound 2.0 is above 1.0"),
    ]) func aBrokenContractNamesTheLayer(_ mistake: String, _ message: String) throws {
        try aBrokenContractSaysWhatAndWhere(mistake, message)
    }

    /// The standard error output is a pipe that is full and does not block, as another program may have left
    /// it.
    @Test(arguments: [true, false]) func theMessageWaitsForAFullPipe(isRead: Bool) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (FileHandle(fileDescriptor: ends[0]), FileHandle(fileDescriptor: ends[1]))
        try #require(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
        while write(ends[1], line, line.count) > 0 {}
        let process = Process()
        process.executableURL = URL(fileURLWithPath: LoopRun.program)
        process.arguments = ["linear", "0", "3"]
        process.standardError = writing
        try process.run()
        try writing.close()
        let deadline = Date().addingTimeInterval(isRead ? 1 : 30)
        while process.isRunning && Date() < deadline { usleep(20_000) }
        // Without a reader it ends all the same, after some seconds.
        #expect(process.isRunning == isRead)
        let text = String(decoding: reading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 1)
        #expect(text.contains("linear in layers.2.output") == isRead)
    }

    @Test func aBrokenContractEndsTheOtherRanks() throws {
        let result = try LoopRun.run("linear", rank: 1, step: 5, ranks: 3)
        #expect(result.status == 1 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(
            result.output.contains(#/LoopProbe: rank 1 on \S+: linear in layers.2.output: x \[4, 3\]/#),
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

/// Runs `LoopProbe`, a program with a custom loop, under mpirun.
enum LoopRun {
    static let program = CommandRunner.productsDirectory.appendingPathComponent("LoopProbe").path

    /// The heartbeat folders of programs that have ended.
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
