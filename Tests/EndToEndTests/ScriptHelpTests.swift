import Foundation
import Testing

/// Every script prints its help, to the last line of the comment at its top, and does nothing else.
@Suite struct ScriptHelpTests {
    @Test(arguments: [
        "scripts/setup", "scripts/launch", "scripts/demo", "scripts/test", "scripts/check", "scripts/scale",
        "scripts/install", "scripts/soak", "scripts/same-bits", "scripts/fuzz", "scripts/bench/compare",
        "scripts/bench/faults",
        "scripts/bench/large-data", "scripts/bench/overlap", "scripts/bench/precision",
        "scripts/bench/trackers",
        "scripts/onnx/compare", "scripts/tokens/train", "scripts/tokens/encode", "cluster/testbed",
        "cluster/slurm/test-cluster",
    ]) func helpIsTheCommentAtTheTop(_ name: String) throws {
        let script = CommandRunner.repository.appendingPathComponent(name).path
        let comment = try String(contentsOfFile: script, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false
        ).dropFirst().prefix { $0.hasPrefix("#") }.map { $0.dropFirst($0.hasPrefix("# ") ? 2 : 1) }
        for option in ["-h", "--help"] {
            let result = try CommandRunner.run(script, [option], timeout: 30)
            #expect(result.status == 0)
            #expect(result.output == comment.joined(separator: "\n") + "\n", "\(result.output)")
        }
    }
}
