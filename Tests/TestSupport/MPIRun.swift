import Foundation

/// Runs the package's `RankTests` executable on a number of ranks.
public enum MPIRun {
    /// The folder of the built products: that of the test bundle's executable.
    public static let productsDirectory = URL(fileURLWithPath: CommandLine.arguments[0])
        .resolvingSymlinksInPath().deletingLastPathComponent()

    /// Whether tests that need much time or memory are wanted (`scripts/test --all`).
    public static let runsAll = ProcessInfo.processInfo.environment["LOCKSTEP_TEST_ALL"] == "1"

    /// Runs a rank test under mpirun (on one rank without it) and returns its status and output.
    /// - Parameters:
    ///   - timeout: seconds after which all ranks are ended.
    ///   - wrapper: a command that runs its arguments, to stand before mpirun.
    public static func rankTest(
        _ arguments: [String], ranks: Int, environment: [String: String] = [:], timeout: Int = 120,
        wrapper: [String] = []
    ) throws -> (status: Int32, output: String) {
        let program = productsDirectory.appendingPathComponent("RankTests").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let launcher =
            ranks == 1 ? [] : ["mpirun", "--bind-to", "none", "--oversubscribe", "-np", String(ranks)]
        process.arguments =
            ["timeout", "-k", "5", String(timeout)] + wrapper + launcher + [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1",
        ]) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
