/// The weights of GPT-2 in Hugging Face's transformers.
///
/// `Conv1D` layers have transposed matrices. Masks, which older files contain, are no weights.
enum HuggingFaceGPT2 {
    private static let prefix = "transformer."

    static func place(_ name: String) -> WeightLayout.Place? {
        if name == "lm_head.weight" {
            return .init(name: "head.weight", reading: .tokens, isOptional: true)
        }
        let name = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        switch parts[0] {
        case "wte":
            return .init(
                name: (["token_embedding"] + parts.dropFirst()).joined(separator: "."), reading: .tokens)
        case "wpe":
            return .init(
                name: (["position_embedding"] + parts.dropFirst()).joined(separator: "."),
                reading: .firstRows)
        case "ln_f": return .init(name: (["norm"] + parts.dropFirst()).joined(separator: "."))
        case "h" where parts.count >= 4: return block(parts)
        default: return .init(name: name)
        }
    }

    /// `h.<i>.<layer>.<tensor>`.
    private static func block(_ parts: [String]) -> WeightLayout.Place? {
        let layer = parts[2..<parts.count - 1].joined(separator: ".")
        let tensor = parts[parts.count - 1]
        if layer == "attn" { return nil }
        let start = "blocks.\(parts[1])."
        if layer == "attn.c_attn" {
            return .init(
                name: start + "attention.in_proj_\(tensor)",
                reading: tensor == "weight" ? .transposed : .whole)
        }
        let names = [
            "ln_1": "norm1", "ln_2": "norm2", "attn.c_proj": "attention.out_proj", "mlp.c_fc": "linear1",
            "mlp.c_proj": "linear2",
        ]
        guard let name = names[layer] else { return .init(name: parts.joined(separator: ".")) }
        let isMatrix = tensor == "weight" && !layer.hasPrefix("ln")
        return .init(name: "\(start)\(name).\(tensor)", reading: isMatrix ? .transposed : .whole)
    }

    static func network(_ shapes: [String: [Int]]) -> String? {
        var places: [String: [Int]] = [:]
        for (name, shape) in shapes { if let place = place(name) { places[place.name] = shape } }
        guard let tokens = places["token_embedding.weight"], tokens.count == 2,
            let positions = places["position_embedding.weight"], positions.count == 2
        else { return nil }
        let layers = Set(
            places.keys.filter { $0.hasPrefix("blocks.") }.map { $0.split(separator: ".")[1] })
        return "{gpt: {layers: \(layers.count), width: \(tokens[1]), activation: gelu_tanh}} "
            + "with a context of \(positions[0]) and \(tokens[0]) tokens"
    }
}
