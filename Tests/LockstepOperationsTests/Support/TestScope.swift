import Foundation

/// How much is tested: what takes long runs where LOCKSTEP_TEST_ALL is 1 (`scripts/test --all`).
enum TestScope {
    static var isWhole: Bool { ProcessInfo.processInfo.environment["LOCKSTEP_TEST_ALL"] == "1" }
}
