import Foundation
import LockstepCollectives

/// Set-up steps in which every rank learns whether all went well, so that none is left waiting for one that failed.
struct Collective {
    let communicator: Communicator

    /// Runs `body` on every rank. When it throws on any, all ranks throw: the lowest of those its own error, the others
    /// `TrainingError.reportedElsewhere`.
    func everywhere<Value>(_ body: () throws -> Value) throws -> Value {
        let result = Result { try body() }
        let failed: Bool
        if case .failure = result { failed = true } else { failed = false }
        let all: [UInt8] = try communicator.gather(failed ? 1 : 0)
        guard let first = all.firstIndex(of: 1) else { return try result.get() }
        if first == communicator.rank { return try result.get() }
        throw TrainingError.reportedElsewhere
    }

    /// Runs `body` on rank 0 and gives all ranks its value. When it throws, rank 0 throws its error, the others
    /// `TrainingError.reportedElsewhere`.
    func onFirstRank<Value: Codable>(_ body: () throws -> Value) throws -> Value {
        var outcome: Result<[UInt8], any Error> = .success([])
        if communicator.rank == 0 {
            outcome = Result { Array(try JSONEncoder().encode([try body()])) }
        }
        let bytes = try communicator.broadcast((try? outcome.get()) ?? [])
        if case .failure(let error) = outcome { throw error }
        guard !bytes.isEmpty, let value = try JSONDecoder().decode([Value].self, from: Data(bytes)).first else {
            throw TrainingError.reportedElsewhere
        }
        return value
    }
}
