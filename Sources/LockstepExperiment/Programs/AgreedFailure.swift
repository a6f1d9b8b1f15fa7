import LockstepCollectives

/// A failure that all ranks have agreed on, so that one of them reports it and all end together.
///
/// Set-up consists of parts that every rank performs at once: reading the run file, the data, a checkpoint. A
/// part fails on all ranks alike (a misspelled key) or on one (a file missing on one host); in neither case
/// may a rank continue alone.
public struct AgreedFailure: Error, CustomStringConvertible, Sendable, Equatable {
    /// The error, with the ranks if it did not occur on all.
    public let description: String
    /// The ranks that failed.
    public let ranks: [Int]
    /// The rank that reports the failure: the first that failed.
    public var reportingRank: Int { ranks[0] }
    /// The exit status of a running job: that of the reporting rank's error.
    public let status: ExitStatus
    /// Whether the system failed on that rank, before or after training began.
    package let isOfSystem: Bool

    /// The failure of work on all ranks; nil if none failed.
    ///
    /// - Parameters:
    ///   - messages: the error of each rank; nil for none.
    ///   - statuses: the exit status of each rank's error; ignored without one.
    ///   - areOfSystem: whether each rank's error is a failure of the system; as long as `statuses`.
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
    /// Runs `work` on every rank, and fails on all of them if it fails on any. Collective.
    ///
    /// - Parameter work: must not wait for other ranks.
    /// - Throws: `AgreedFailure` on every rank; `CollectiveError` if communication fails.
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
