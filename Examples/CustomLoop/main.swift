// A custom training loop over the public parts of Lockstep, with everything that makes a run safe: a locked run
// directory, a log, checkpoints in the background, resume on any number of ranks, a watchdog, and a clean stop on signals.
// docs/guides/custom-loop.md explains it.
//
//   swift build -c release --product CustomLoop
//   scripts/launch -n 2 .build/release/CustomLoop RUN [--steps N] [--resume]
import Lockstep

/// What the arguments say.
struct Options {
    let directory: String
    var steps = 300, resumes = false

    init(_ arguments: [String]) throws {
        var rest = arguments
        if let index = rest.firstIndex(of: "--resume") {
            rest.remove(at: index)
            resumes = true
        }
        if let index = rest.firstIndex(of: "--steps"), index + 1 < rest.count,
            let number = Int(rest[index + 1])
        {
            rest.removeSubrange(index...index + 1)
            steps = number
        }
        guard rest.count == 1, !rest[0].hasPrefix("-"), steps > 0 else { throw Usage() }
        directory = rest[0]
    }

    struct Usage: Error, CustomStringConvertible {
        let description = "usage: CustomLoop RUN-DIRECTORY [--steps N] [--resume]"
    }
}

// Ends the process: with status 0, or with a message, a status that says why, and no rank left waiting.
RankProgram.run { communicator in
    let options = try communicator.together { try Options(Array(CommandLine.arguments.dropFirst())) }
    try CustomLoop(communicator, options).run()
}
