import Foundation
import Testing

/// A program with a custom training loop, without a run directory: a rank that hangs or has ended ends the
/// others in bounded time, as it does in a run.
@Suite(.serialized) struct CustomLoopTests {
    private func run(
        _ fault: String, step: Int, ranks: Int = 3, timeout: String = "2"
    ) throws -> CommandResult {
        let result = try LoopRun.run(
            fault, rank: 1, step: step, ranks: ranks, environment: ["LOCKSTEP_TIMEOUT": timeout])
        let left = RankKiller.processes(fault, "/LoopProbe")
        #expect(left.isEmpty)
        for process in left { kill(process, SIGKILL) }
        return result
    }

    @Test func sameBitsAndNothingLeft() throws {
        let one = try CommandRunner.run(LoopRun.program, ["none", "0", "0"])
        let three = try run("none", step: 0)
        #expect(one.status == 0 && three.status == 0, "\(one.tail)\n\(three.tail)")
        #expect(one.output.hasPrefix("parameters ") && one.output == three.output)
        #expect(try LoopRun.folders().isEmpty)
    }

    @Test(arguments: [
        ("stop", -1, "before the first step"), ("stop", 5, "phase prepare"),
        ("stop-inside", 5, "phase forward"),
        ("sleep", 5, "phase prepare"), ("spin-inside", 5, "phase forward"),
    ]) func aRankThatHangs(_ fault: String, _ step: Int, _ place: String) throws {
        let result = try run(fault, step: step)
        #expect(result.status == 75 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(
            result.output.matches(of: #/LoopProbe: rank 1 on \S+ made no progress for/#).count == 1,
            "\(result.output)")
        #expect(result.output.contains(place), "\(result.output)")
        #expect(try LoopRun.folders().isEmpty)
    }

    @Test(arguments: ["kill", "exit", "throw", "trap"]) func aRankThatIsGone(_ fault: String) throws {
        let result = try run(fault, step: 5, timeout: "600")
        #expect(
            result.status != 0 && result.status != 2 && !result.timedOut, "\(result.status): \(result.tail)")
        #expect(
            result.output.contains(#/rank 1 on \S+ ended (without an error message|by a signal)/#),
            "\(result.output)")
    }

    @Test func twoRanksAndNoTimeout() throws {
        #expect(try run("none", step: 0, ranks: 2, timeout: "0").status == 0)
        let result = try run("kill", step: 5, ranks: 2)
        #expect(result.status != 0 && !result.timedOut, "\(result.tail)")
        #expect(
            try run("none", step: 0, ranks: 2, timeout: "soon").output.contains("LOCKSTEP_TIMEOUT must be"))
    }
}
