import Synchronization

/// Keeps the first error of several threads, which may use it concurrently.
final class FirstFailure: Sendable {
    private let stored = Mutex<(any Error)?>(nil)
    private let hasFailed = Atomic<Bool>(false)

    init() {}

    /// The first error; costs one read while there is none.
    var error: (any Error)? {
        hasFailed.load(ordering: .acquiring) ? stored.withLock { $0 } : nil
    }

    func set(_ error: any Error) {
        stored.withLock { if $0 == nil { $0 = error } }
        hasFailed.store(true, ordering: .releasing)
    }
}
