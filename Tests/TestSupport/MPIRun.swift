import Foundation
import LockstepTesting

/// Runs the package's `RankTests` executable on a number of ranks.
public enum MPIRun {
    /// The folder of the built products: that of the test bundle's executable.
    public static var productsDirectory: URL { ProgramRun.productsDirectory }

    /// Whether tests that need much time or memory are wanted (`scripts/test --all`).
    public static var runsAll: Bool { ProgramRun.runsAll }

    /// Runs a rank test under mpirun (on one rank without it) and returns its status and output.
    /// - Parameters:
    ///   - timeout: seconds after which all ranks are ended.
    ///   - wrapper: a command that runs its arguments, to stand before mpirun.
    public static func rankTest(
        _ arguments: [String], ranks: Int, environment: [String: String] = [:], timeout: Int = 120,
        wrapper: [String] = []
    ) throws -> ProgramResult {
        try ProgramRun.run(
            ProgramRun.product("RankTests"), arguments, ranks: ranks, environment: environment,
            timeout: Double(timeout), wrapper: wrapper)
    }
}
