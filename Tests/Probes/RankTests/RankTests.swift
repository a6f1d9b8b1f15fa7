import Foundation
import LockstepCollectives

/// What the tests run under mpirun: `RankTests NAME [ARGUMENT...]`, one file for each property.
@main struct RankTests {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first, let test = tests[name] else {
            fail("unknown test; there are: \(tests.keys.sorted().joined(separator: ", "))")
        }
        do {
            try test(Array(arguments.dropFirst()))
        } catch {
            fail("\(name): \(error)")
        }
    }

    static let tests: [String: @Sendable ([String]) throws -> Void] = [
        "numbering": numbering,
        "tree-allreduce": treeAllreduce,
        "overlap": overlappedAllreduce,
        "traffic": traffic,
        "choices": choices,
        "tuned": tuned,
        "barrier": barrierStress,
        "gather": gatherAndBroadcast,
        "abort": abortWhileOthersWait,
        "killed": killedWhileOthersWait,
        "no-room": noRoomForTheSegment,
        "data-parallel": dataParallel,
        "snapshot": snapshot,
        "phases": phases,
        "phases-alone": firstPhaseAlone,
        "desync": desynchronized,
        "non-finite": nonFinite,
        "second": second,
        "reassign": reassign,
        "reassign-top-k": reassignTopK,
        "sparse": sparse,
        "non-finite-parameter": nonFiniteParameter,
        "large": largeMessages,
    ]

    /// Says what went wrong and ends this rank; mpirun then ends those that wait for it.
    static func fail(_ message: String) -> Never {
        say(message)
        exit(1)
    }

    /// Writes a line to the standard error.
    static func say(_ message: String) {
        FileHandle.standardError.write(Data(("RankTests: " + message + "\n").utf8))
    }

    /// Throws with a message unless a condition holds.
    static func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition { throw RankTestFailure(message: message()) }
    }
}

/// A property that does not hold.
struct RankTestFailure: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}
