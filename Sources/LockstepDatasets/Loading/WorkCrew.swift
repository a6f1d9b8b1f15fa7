import Foundation
import LockstepProcess
import Synchronization

/// A group of helper threads that share work with the thread that owns them.
///
/// `@unchecked Sendable`: only the owner calls `run` and `close`; a helper waits between two calls of `run`.
final class WorkCrew: @unchecked Sendable {
    /// The number of members: the owner, which is number 0, and the helpers.
    let count: Int
    private let body: @Sendable (_ member: Int) -> Void
    private let starts: [DispatchSemaphore]
    private let done = DispatchSemaphore(value: 0)
    private let isEnding = Atomic<Bool>(false)
    private var running = 0

    /// Starts the helpers.
    /// - Parameter body: the part of a member in the work; each call of `run` calls it once per member.
    /// - Throws: `ThreadError` if a thread cannot be started; no thread is left running then.
    init(_ name: String, count: Int, body: @escaping @Sendable (_ member: Int) -> Void) throws(ThreadError) {
        self.count = count
        self.body = body
        starts = (0..<count).map { _ in DispatchSemaphore(value: 0) }
        do throws(ThreadError) {
            for member in 1..<max(1, count) {
                try WorkerThread.start(name) { [self] in help(member) }
                running += 1
            }
        } catch {
            close()
            throw error
        }
    }

    /// Runs the body on all members, and returns when all are done.
    func run() {
        for member in 1..<max(1, count) { starts[member].signal() }
        body(0)
        for _ in 1..<max(1, count) { done.wait() }
    }

    /// Ends the helpers and waits for them.
    func close() {
        isEnding.store(true, ordering: .releasing)
        for member in 0..<running { starts[member + 1].signal() }
        for _ in 0..<running { done.wait() }
        running = 0
    }

    private func help(_ member: Int) {
        while true {
            starts[member].wait()
            let isEnding = isEnding.load(ordering: .acquiring)
            if !isEnding { body(member) }
            done.signal()
            if isEnding { return }
        }
    }
}
