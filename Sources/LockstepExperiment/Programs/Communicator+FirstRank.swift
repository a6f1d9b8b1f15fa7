import Foundation
import LockstepCollectives
import LockstepTasks

extension Communicator {
    /// Does something on rank 0 alone, and gives every rank what came out. Collective.
    ///
    /// - Throws: `AgreedFailure` on every rank when it fails.
    public func onFirstRank<Value: Codable>(_ work: () throws -> Value) throws -> Value {
        let bytes = try together {
            // A value of its own is wrapped in a list: JSON's top level has to be a list or an object.
            rank == 0 ? Array(try JSONEncoder().encode([try work()])) : []
        }
        guard let value = try JSONDecoder().decode([Value].self, from: Data(broadcast(bytes))).first else {
            throw TrainingError.environment("rank 0 sent nothing")
        }
        return value
    }
}
