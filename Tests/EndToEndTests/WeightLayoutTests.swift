import Foundation
import Testing

/// `initialize.layout`: weights of other libraries' networks.
@Suite(.serialized) struct WeightLayoutTests {
    private let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func train(_ name: String, _ text: String, _ more: [String] = []) throws -> CommandResult {
        let file = try directory.write(name + ".yaml", text)
        return try CommandRunner.lockstep(
            ranks: 1, ["train", file, "--run-dir", directory.path(name)] + more, timeout: 300)
    }

    private func weights(_ run: String) throws -> [String: SafetensorsCopy.Entry] {
        let copy = try SafetensorsCopy(directory.path("\(run)/checkpoints/latest/model.safetensors"))
        return Dictionary(copy.entries.map { ($0.name, $0.entry) }) { $1 }
    }

    private func gpt(_ model: String, context: Int = 12) throws -> String {
        let text = String(repeating: "a text of some bytes, ", count: 60)
        return """
            model: {gpt: {layers: 2, width: 8, heads: 2, \(model)}}
            data: {text: {path: \(try directory.write("text", text)), context: \(context)}}
            batch: 8
            shards: 2
            max_steps: 1
            optimizer: {sgd: {learning_rate: 0.0}}
            """
    }

    /// The weights of a network as Hugging Face's GPT-2 has them.
    private func asGPT2(_ copy: SafetensorsCopy) -> SafetensorsCopy {
        var result = copy
        result.rename { name in
            var parts = name.split(separator: ".").map(String.init)
            switch parts[0] {
            case "token_embedding": parts[0] = "transformer.wte"
            case "position_embedding": parts[0] = "transformer.wpe"
            case "norm": parts[0] = "transformer.ln_f"
            default:
                let names = [
                    "norm1": "ln_1", "norm2": "ln_2", "linear1": "mlp.c_fc", "linear2": "mlp.c_proj",
                    "out_proj": "c_proj", "in_proj_weight": "c_attn.weight", "in_proj_bias": "c_attn.bias",
                    "attention": "attn", "blocks": "transformer.h",
                ]
                parts = parts.map { names[$0] ?? $0 }
            }
            return parts.joined(separator: ".")
        }
        for (index, (name, entry)) in result.entries.enumerated() {
            guard name.contains(".c_"), name.hasSuffix("weight") else { continue }
            let (rows, columns) = (entry.shape[0], entry.shape[1])
            let bytes = Array(entry.bytes)
            result.entries[index].entry.shape = [columns, rows]
            result.entries[index].entry.bytes = Data(
                (0..<rows * columns).flatMap { place in
                    let start = 4 * (place % rows * columns + place / rows)
                    return bytes[start..<start + 4]
                })
        }
        return result
    }

    @Test func weightsOfGPT2() throws {
        #expect(try train("ours", gpt("activation: gelu_tanh")).status == 0)
        var copy = asGPT2(try SafetensorsCopy(directory.path("ours/checkpoints/latest/model.safetensors")))
        // What files of transformers have besides: masks, and the output layer once more.
        let tokens = try #require(copy.entries.first { $0.name == "transformer.wte.weight" }).entry
        copy.entries.append(("lm_head.weight", tokens))
        copy.entries.append(
            ("transformer.h.0.attn.bias", .init(type: "BOOL", shape: [1, 1, 2, 2], bytes: Data(count: 4))))
        let path = directory.path("gpt2.safetensors")
        try copy.write(to: path)
        let layout = ["--from", path, "--set", "initialize.layout=huggingface_gpt2", "--set", "seed=5"]

        let taken = try train("taken", gpt("activation: gelu_tanh"), layout)
        #expect(taken.status == 0, "\(taken.tail)")
        #expect(taken.output.contains("28 of 28 tensors of the model are taken"), "\(taken.tail)")
        #expect(taken.output.contains("Left there: lm_head.weight."), "\(taken.tail)")
        let (ours, theirs) = (try weights("ours"), try weights("taken"))
        #expect(ours.mapValues(\.bytes) == theirs.mapValues(\.bytes))

        // A shorter context has the first positions.
        let short = try train("short", gpt("activation: gelu_tanh", context: 5), layout)
        #expect(short.status == 0, "\(short.tail)")
        #expect(
            short.output.contains("Of transformer.wpe.weight the first 5 of 12 rows are taken."),
            "\(short.tail)")
        let positions = try #require(weights("short")["position_embedding.weight"])
        #expect(try positions.bytes == #require(ours["position_embedding.weight"]).bytes.prefix(5 * 8 * 4))

        // An untied output layer is taken from the file.
        let untied = try train("untied", gpt("activation: gelu_tanh, tied: false"), layout)
        #expect(untied.status == 0, "\(untied.tail)")
        #expect(try #require(weights("untied")["head.weight"]).bytes == tokens.bytes)
    }

    /// Of 50,257 tokens, those of the single bytes: ! is the first one, 0 comes after the printing ones.
    @Test func byteTokensOfGPT2() throws {
        #expect(try train("ours", gpt("activation: gelu_tanh")).status == 0)
        var copy = asGPT2(try SafetensorsCopy(directory.path("ours/checkpoints/latest/model.safetensors")))
        let index = try #require(copy.entries.firstIndex { $0.name == "transformer.wte.weight" })
        copy.entries[index].entry.shape = [50257, 8]
        let numbers = (0..<50257).flatMap { [Float](repeating: Float($0), count: 8) }
        copy.entries[index].entry.bytes = numbers.withUnsafeBytes { Data($0) }
        let path = directory.path("gpt2.safetensors")
        try copy.write(to: path)
        let taken = try train(
            "taken", gpt("activation: gelu_tanh"),
            ["--from", path, "--set", "initialize.layout=huggingface_gpt2"])
        #expect(taken.status == 0, "\(taken.tail)")
        #expect(
            taken.output.contains("the rows of the 256 single bytes are taken, of 50257."), "\(taken.tail)")
        let rows = try Array(#require(weights("taken")["token_embedding.weight"]).bytes)
        func token(_ byte: Int) -> Float {
            rows.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: byte * 32, as: Float.self) }
        }
        for (byte, expected) in [
            (33, 0), (97, 64), (126, 93), (161, 94), (255, 187), (0, 188), (10, 198), (32, 220), (173, 255),
        ] { #expect(token(byte) == Float(expected), "byte \(byte)") }
    }

    /// Data of GPT-2's tokens take the rows of all 50,257.
    @Test func allTokensOfGPT2() throws {
        #expect(try train("ours", gpt("activation: gelu_tanh")).status == 0)
        var copy = asGPT2(try SafetensorsCopy(directory.path("ours/checkpoints/latest/model.safetensors")))
        let index = try #require(copy.entries.firstIndex { $0.name == "transformer.wte.weight" })
        copy.entries[index].entry.shape = [50257, 8]
        let numbers = (0..<50257).flatMap { [Float](repeating: Float($0), count: 8) }
        copy.entries[index].entry.bytes = numbers.withUnsafeBytes { Data($0) }
        let path = directory.path("gpt2.safetensors")
        try copy.write(to: path)
        let tokens = (0..<400).flatMap { [UInt8($0 % 251), UInt8($0 % 196)] }
        try Data(tokens).write(to: URL(fileURLWithPath: directory.path("train.bin")))
        let text = try gpt("activation: gelu_tanh").replacing(
            "{text: {path: \(directory.path("text"))",
            with: "{tokens: {path: \(directory.path("train.bin")), vocabulary: 50257")
        let taken = try train("taken", text, ["--from", path, "--set", "initialize.layout=huggingface_gpt2"])
        #expect(taken.status == 0, "\(taken.tail)")
        #expect(
            taken.output.contains("28 of 28 tensors of the model are taken")
                && !taken.output.contains("single bytes"),
            "\(taken.tail)")
        let weights = try #require(weights("taken")["token_embedding.weight"])
        #expect(weights.shape == [50257, 8] && weights.bytes == copy.entries[index].entry.bytes)
    }

    /// The network of a file is described where it does not fit.
    @Test func mistakes() throws {
        let resnet = """
            data: {synthetic: {samples: 16, shape: [16, 16, 3], classes: 3}}
            batch: 8
            shards: 2
            max_steps: 1
            optimizer: {sgd: {learning_rate: 0.0}}

            """
        let small = "model: {resnet: {blocks: [1, 2], block: bottleneck, stem: conv7_pool, width: 2}}\n"
        #expect(try train("ours", small + resnet).status == 0)
        let layout = [
            "--from", directory.path("ours"), "--set", "initialize.layout=torchvision_resnet",
        ]
        #expect(try train("same", small + resnet, layout).status == 0)
        let other = try train(
            "other", "model: {resnet: {blocks: [1, 1], stem: conv7_pool, width: 2}}\n" + resnet, layout)
        #expect(
            other.status == 2
                && other.output.contains(
                    "The file has {resnet: {blocks: [1, 2], block: bottleneck, stem: conv7_pool, width: 2}} "
                        + "for images of 3 channels and 3 classes"),
            "\(other.tail)")
        for (text, advice) in [
            (
                "model: {resnet: {depth: 8}}\n" + resnet,
                "initialize.layout: weights of this layout are for another network; set model: {resnet: "
                    + "{stem: conv7_pool"
            ),
            (try gpt("dropout: 0.1"), "set model: {resnet: {stem: conv7_pool"),
        ] {
            let refused = try train("refused", text, layout)
            #expect(refused.status == 2 && refused.output.contains(advice), "\(refused.tail)")
        }
        for option in ["positions: rotary", "norm: rms", "kv_heads: 1", "bias: false"] {
            let refused = try train(
                "refused", gpt("activation: gelu_tanh, \(option)"),
                ["--set", "initialize={from: a, layout: huggingface_gpt2, strict: false}"])
            #expect(
                refused.status == 2 && refused.output.contains("initialize.layout: weights of this layout"),
                "\(option): \(refused.tail)")
        }
        let transformer = try train(
            "refused", gpt("dropout: 0.1"), ["--set", "initialize={from: a, layout: huggingface_gpt2}"])
        #expect(
            transformer.status == 2 && transformer.output.contains("set model: {gpt: {activation: gelu_tanh"),
            "\(transformer.tail)")
    }

    /// Networks of torchvision and transformers with random weights: the same logits.
    @Test(
        .enabled(if: CommandRunner.runsAll, "installs torchvision and transformers: scripts/test --all"),
        arguments: ["resnet18", "resnet34", "resnet50", "gpt2", "gpt2-tokens"])
    func equalsTheOtherLibrary(_ network: String) throws {
        let script = CommandRunner.repository.appendingPathComponent("scripts/pytorch/compare-layout").path
        let made = try CommandRunner.run(script, ["make", network, directory.path("")], timeout: 900)
        #expect(made.status == 0, "\(made.tail)")
        let file = try String(contentsOfFile: directory.path("run.yaml"), encoding: .utf8)
        let trained = try train("run", file)
        #expect(trained.status == 0, "\(trained.tail)")
        let exported = try CommandRunner.lockstep(
            ranks: 1, ["export", directory.path("run"), "--torch", directory.path("ours.py")], timeout: 300)
        #expect(exported.status == 0, "\(exported.tail)")
        if network.hasPrefix("resnet") {
            let predicted = try CommandRunner.lockstep(
                ranks: 1, ["predict", directory.path("run"), "--output", directory.path("predictions.csv")],
                timeout: 600)
            #expect(predicted.status == 0, "\(predicted.tail)")
        }
        let compared = try CommandRunner.run(script, ["check", network, directory.path("")], timeout: 900)
        #expect(compared.status == 0, "\(compared.tail)")
    }
}
