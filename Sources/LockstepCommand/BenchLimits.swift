import ArgumentParser

/// The numbers that benchmarks may be given.
enum BenchLimits {
    /// The most steps, repetitions and the like: products of two can be counted, and nobody waits for more.
    private static let most = 1_000_000

    /// Refuses a number that is out of range.
    static func require(_ option: String, _ value: Int, from least: Int = 1) throws {
        guard least...most ~= value else {
            throw ValidationError("--\(option) must be from \(least) to \(most); got \(value)")
        }
    }
}
