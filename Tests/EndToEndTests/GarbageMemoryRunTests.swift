import Foundation
import Testing

/// Whole runs give the same bits whatever malloc's memory holds, oneDNN's own included: glibc fills it with a byte.
@Suite(.serialized) struct GarbageMemoryRunTests {
    private static let small = "{synthetic: {samples: 96, shape: [2, 2, 2], classes: 3, validation: 0.25}}"
    private static let odd = "{synthetic: {samples: 96, shape: [5, 3, 1], classes: 3, validation: 0.25}}"
    private static let text = "{king_james: {context: 9, validation: 0.01}}"

    private static let cases: [(model: String, data: String)] = [
        ("{resnet: {depth: 8}}", small), ("{resnet: {depth: 8, width: 5}}", odd),
        ("{mobilenet: {width: 0.25}}", small),
        ("{cnn: {stages: [{channels: 5}, {channels: 16, pool: none}]}}", small),
        ("{cnn: {stages: [{channels: 16, layers: 2, batch_norm: true, pool: average}], dense: [7]}}", odd),
        ("{mlp: {hidden: [9, 5], batch_norm: true, dropout: 0.2}}", odd),
        ("{gpt: {layers: 1, width: 12, heads: 2, dropout: 0.1}}", text),
        ("{lstm: {embedding: 7, hidden: 9}}", text), ("{gru: {embedding: 300, hidden: 5}}", text),
    ]

    private static let precisions = SameBitsTests.hasBFloat16 ? ["float32", "bf16"] : ["float32"]

    @Test(arguments: precisions) func bitsDoNotDependOnMemory(_ precision: String) throws {
        for (number, test) in Self.cases.enumerated() {
            let directory = try TemporaryDirectory()
            let file = try directory.write(
                "run.yaml",
                """
                model: \(test.model)
                data: \(test.data)
                precision: \(precision)
                batch: 10
                shards: 2
                max_steps: 7
                log_every_steps: 1
                optimizer: {adamw: {learning_rate: 0.001}}
                """)
            // malloc fills with the byte's complement: numbers near the largest, and near the largest below zero.
            let runs = try ["0", "128", "1"].map { byte in
                let run = directory.path("run-\(byte)")
                let result = try CommandRunner.lockstep(
                    ranks: 1, ["train", file, "--run-dir", run], environment: ["MALLOC_PERTURB_": byte])
                #expect(result.status == 0, "case \(number): \(result.tail)")
                return try RunResults(run)
            }
            for run in runs.dropFirst() {
                #expect(run.difference(from: runs[0]) == nil, "case \(number), \(test.model)")
            }
        }
    }
}
