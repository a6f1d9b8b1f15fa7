import ArgumentParser

/// The legal ranges of the numbers of benchmarks.
enum BenchLimits {
    /// The largest number of steps, repetitions and so on: products of two cannot overflow.
    private static let most = 1_000_000

    /// Refuses a number that is out of range.
    static func require(_ option: String, _ value: Int, from least: Int = 1) throws {
        guard least...most ~= value else {
            throw ValidationError("--\(option) must be from \(least) to \(most); got \(value)")
        }
    }
}
