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
        "barrier": barrierStress,
        "gather": gatherAndBroadcast,
    ]

    /// Says what went wrong and ends all ranks: a test that stops in one rank must not leave the others waiting.
    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data(("RankTests: " + message + "\n").utf8))
        kill(0, SIGTERM)
        exit(1)
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
