import Foundation

/// "N ranks equal one": runs a program on several numbers of ranks and compares what it wrote, byte for byte.
///
/// ```swift
/// @Test func sameBitsOnAnyNumberOfRanks() throws {
///     let comparison = RankComparison(program: ProgramRun.product("Extension"))
///     let differences = try comparison.differences { directory in
///         ["train", "Examples/spectra.yaml", "--run-dir", directory]
///     }
///     #expect(differences.isEmpty, "\(differences)")
/// }
/// ```
public struct RankComparison: Sendable {
    /// The files of a run directory that have equal bytes where training was equal.
    public static let filesOfRun = [
        "checkpoints/latest/model.safetensors", "checkpoints/latest/optimizer.safetensors",
    ]

    /// The path of the program; see `ProgramRun.product`.
    public var program: String
    /// The numbers of ranks; the first is what the others are compared with.
    public var ranks: [Int]
    /// The files to compare, relative to the directory of a run.
    public var files: [String]
    /// Whether to compare the output, too.
    public var comparesOutput: Bool
    /// Added to the environment of the test.
    public var environment: [String: String]
    /// Seconds after which a run is ended.
    public var timeout: Double

    /// A comparison; by default of the checkpoints of training runs on 1, 2 and 3 ranks.
    public init(
        program: String, ranks: [Int] = [1, 2, 3], files: [String] = RankComparison.filesOfRun,
        comparesOutput: Bool = false, environment: [String: String] = [:], timeout: Double = 300
    ) {
        self.program = program
        self.ranks = ranks
        self.files = files
        self.comparesOutput = comparesOutput
        self.environment = environment
        self.timeout = timeout
    }

    /// Runs the program on each number of ranks, each in a directory that is removed afterwards.
    /// - Parameter arguments: those of a run in a directory, which does not exist yet.
    /// - Returns: what differs from the run on the first number of ranks, or failed; empty if nothing does.
    /// - Throws: what prevents the program from being started.
    public func differences(_ arguments: (_ directory: String) -> [String]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ranks-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var differences: [String] = []
        var first: (output: String, files: [Data?])?
        for count in ranks {
            let directory = folder.appendingPathComponent("\(count)")
            let result = try ProgramRun.run(
                program, arguments(directory.path), ranks: count, environment: environment, timeout: timeout)
            guard result.status == 0 else {
                let reason = result.timedOut ? "is not done after \(timeout) s" : "ends with \(result.status)"
                differences.append("the run on \(count) ranks \(reason): \(result.tail)")
                continue
            }
            let contents = files.map { try? Data(contentsOf: directory.appendingPathComponent($0)) }
            for (file, content) in zip(files, contents) where content == nil {
                differences.append("the run on \(count) ranks wrote no \(file)")
            }
            guard let first else {
                first = (result.output, contents)
                continue
            }
            for (index, file) in files.enumerated() where contents[index] != first.files[index] {
                differences.append("\(file) on \(count) ranks differs from \(file) on \(ranks[0])")
            }
            if comparesOutput, result.output != first.output {
                differences.append("the output on \(count) ranks differs from that on \(ranks[0])")
            }
        }
        return differences
    }
}
