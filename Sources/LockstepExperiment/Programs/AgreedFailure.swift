import LockstepCollectives

/// A failure that all ranks know of, so that one of them tells it and all end together.
///
/// Set-up is done in parts that every rank does at once: reading the run file, the data, a checkpoint. A part fails on
/// all ranks alike (a misspelt key), or on one (a file that only one host lacks); in neither case may a rank go on alone.
public struct AgreedFailure: Error, CustomStringConvertible, Sendable, Equatable {
    /// What went wrong, and on which ranks if not on all.
    public let description: String
    /// The ranks on which it went wrong.
    public let ranks: [Int]
    /// The rank that tells of it: the first on which it went wrong.
    public var reportingRank: Int { ranks[0] }
    /// How the process of a running job ends for it: as it would for the reportingRank's error.
    public let status: ExitStatus
    /// Whether the system failed on that rank, before or after training began.
    package let isOfSystem: Bool

    /// The failure of what was done on all ranks; nil when it went well everywhere.
    ///
    /// - Parameters:
    ///   - messages: for each rank what went wrong there, nil if nothing did.
    ///   - statuses: for each rank the exit status of its error; of a rank without one it is not read.
    ///   - areOfSystem: for each rank whether its error is a failure of the system; as long as `statuses`.
    public init?(messages: [String?], statuses: [ExitStatus], areOfSystem: [Bool]? = nil) {
        let failed = messages.indices.filter { messages[$0] != nil }
        guard let first = failed.first, let message = messages[first] else { return nil }
        ranks = failed
        status = statuses[first]
        isOfSystem = areOfSystem?[first] ?? false
        if failed.count == messages.count {
            description = message
        } else if failed.count == 1 {
            description = "rank \(first) of \(messages.count): \(message)"
        } else {
            let same = failed.filter { messages[$0] == message }.map(String.init).joined(separator: ", ")
            let others = failed.count { messages[$0] != message }
            description =
                "ranks \(same) of \(messages.count): \(message)"
                + (others == 0 ? "" : " (and other failures on \(others) more)")
        }
    }
}

extension Communicator {
    /// Does something on every rank, and fails on all of them if it fails on any. Collective.
    ///
    /// - Parameter work: what may fail on each rank by itself; it must not itself wait for other ranks.
    /// - Throws: `AgreedFailure` on every rank; `CollectiveError` when the ranks cannot tell each other.
    public func together<Result>(_ work: () throws -> Result) throws -> Result {
        let outcome = Swift.Result { try work() }
        var text: [UInt8] = []
        if case .failure(let error) = outcome {
            // Never empty: a status, whether the system failed, and the message.
            text =
                [UInt8(ExitStatus(ofRunning: error).rawValue), error.isOfSystem ? 1 : 0]
                + Array("\(error)".utf8)
        }
        let texts = try allGather(text)
        let messages = texts.map { bytes in
            bytes.isEmpty ? nil : String(decoding: bytes.dropFirst(2), as: UTF8.self)
        }
        let statuses = texts.map { bytes in
            bytes.first.flatMap { ExitStatus(rawValue: Int32($0)) } ?? .success
        }
        if let failure = AgreedFailure(
            messages: messages, statuses: statuses, areOfSystem: texts.map { $0.dropFirst().first == 1 })
        {
            throw failure
        }
        return try outcome.get()
    }
}
