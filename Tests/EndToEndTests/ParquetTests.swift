import Foundation
import Testing

/// scripts/parquet/convert, with the real pyarrow.
@Suite(.serialized) struct ParquetTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private static let convert = CommandRunner.repository.appendingPathComponent("scripts/parquet/convert")
        .path

    private func run(_ arguments: [String], status: Int32 = 0) throws -> String {
        let result = try CommandRunner.run(Self.convert, arguments, timeout: 600)
        #expect(result.status == status, "\(result.output)")
        return result.output
    }

    /// Numbers, names, dictionaries, times, missing values, and columns that are refused; the result is trained on.
    @Test(.enabled(if: CommandRunner.runsAll, "installs pyarrow: scripts/test --all"))
    func tablesAndArrays() throws {
        // Installs what is needed, and says how it is used.
        _ = try run(["/nowhere.parquet", directory.path("x.csv")], status: 1)
        let environment = ProcessInfo.processInfo.environment
        let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
        let python = (environment["LOCKSTEP_VENV"] ?? "\(cache)/lockstep/venv") + "/bin/python"
        let script = """
            import datetime, decimal, sys
            import pyarrow as pa, pyarrow.parquet as pq
            n = 80
            day = datetime.datetime(2026, 1, 31, 23, 30)
            table = pa.table({
                "x": [None if i % 9 == 0 else i / 8 for i in range(n)],
                "kind": pa.array([["a", "b", None][i % 3] for i in range(n)]).dictionary_encode(),
                "when": pa.array([day + datetime.timedelta(hours=i) for i in range(n)], pa.timestamp("ns", "Europe/Berlin")),
                "flag": [i % 2 == 0 for i in range(n)],
                "price": pa.array([decimal.Decimal(i) / 4 for i in range(n)], pa.decimal128(9, 2)),
                "y": [["no", "yes"][i % 2] for i in range(n)],
            })
            pq.write_table(table, sys.argv[1], row_group_size=13)
            pq.write_table(table.append_column("list", pa.array([[1]] * n)), sys.argv[2])
            """
        let (plain, nested) = (directory.path("t.parquet"), directory.path("n.parquet"))
        let made = try CommandRunner.run(python, ["-c", script, plain, nested], timeout: 120)
        #expect(made.status == 0, "\(made.output)")
        let csv = directory.path("t.csv")
        #expect(try run([plain, csv]).contains("80 rows, 6 columns, compared with the source"))
        let lines = try String(contentsOfFile: csv, encoding: .utf8).split(separator: "\n")
        #expect(lines[1] == #","a",2026-01-31 23:30:00.000000000,1,0,"no""#, "\(lines[1])")
        let file = directory.path("run.yaml")
        let described = try CommandRunner.lockstep(
            ranks: 1, ["describe", csv, "--run-file", file], timeout: 60)
        #expect(described.status == 0, "\(described.output)")
        let trained = try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path("run"), "--set", "epochs=1"], timeout: 60)
        #expect(trained.status == 0, "\(trained.output)")
        #expect(
            try run([nested, directory.path("n.csv")], status: 1).contains(
                "list (list<element: int64>); leave them out: --columns x,kind,when,flag,price,y"))
        for ending in ["npz", "h5"] {
            let arrays = directory.path("a.\(ending)")
            #expect(try run([plain, arrays, "--target", "y"], status: 1).contains("column 'kind'"))
            #expect(
                try run([plain, arrays, "--target", "y", "--columns", "x,price,y"], status: 1).contains(
                    "column 'x' has missing values"))
            _ = try run([plain, arrays, "--target", "y", "--columns", "flag,price,y"])
            let text = try CommandRunner.lockstep(ranks: 1, ["describe", arrays], timeout: 60).output
            #expect(text.contains("[80, 2]") && text.contains("no, yes"), "\(text)")
        }
    }
}
