import Foundation
import LockstepCollectives
import LockstepTasks

extension Communicator {
    /// Runs `work` on rank 0 alone, and broadcasts its result. Collective.
    ///
    /// - Throws: `AgreedFailure` on every rank when it fails.
    public func onFirstRank<Value: Codable>(_ work: () throws -> Value) throws -> Value {
        let bytes = try together {
            // Wrapped in a list, since JSON's top level must be a list or an object.
            rank == 0 ? Array(try JSONEncoder().encode([try work()])) : []
        }
        guard let value = try JSONDecoder().decode([Value].self, from: Data(broadcast(bytes))).first else {
            throw TrainingError.environment("rank 0 sent nothing")
        }
        return value
    }
}
