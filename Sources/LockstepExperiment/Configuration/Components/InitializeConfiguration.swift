import LockstepConfiguration

/// Weights that a new run starts from: those of a safetensors file, of a run or of a checkpoint. A resumed run goes on
/// from its checkpoint and does not read them again.
public struct InitializeConfiguration: Configurable, Equatable {
    /// The path of a safetensors file, or the directory of a run or of a checkpoint.
    public var from: String
    /// The library whose network the file is of.
    public var layout: WeightLayout
    /// What the beginnings of names in the file are replaced by; of several that fit a name the first one counts.
    public var map: [Named<String>]
    /// The names of the model's tensors, or of scopes with all tensors in them, that keep their initial values.
    public var skip: [String]
    /// Whether every tensor of the model has to be in the file, and every one of the file in the model.
    public var isStrict: Bool

    /// A configuration.
    public init(
        from: String, map: [Named<String>] = [], skip: [String] = [], isStrict: Bool = true,
        layout: WeightLayout = .none
    ) {
        self.from = from
        self.layout = layout
        self.map = map
        self.skip = skip
        self.isStrict = isStrict
    }

    public init() { self.init(from: "weights.safetensors") }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .text(
                "from", \.from, what: "a path",
                "a safetensors file, or the directory of a run or checkpoint, whose weights are taken",
                default: .required),
            .word(
                "layout", \.layout,
                "library whose network the file is of, with its names and matrices; none: those of Lockstep and PyTorch"
            ),
            .pairs(
                "map", \.map,
                "beginnings of names in the file, and what the model has instead; the first that fits counts"),
            .texts(
                "skip", \.skip, "names of the model's tensors, or of scopes, that keep their initial values"),
            .flag(
                "strict", \.isStrict,
                "refuse tensors of the model that are not in the file, and tensors of the file that are not in the model"
            ))
    }

    /// The name that a tensor of the file has in the model.
    package func mapped(_ name: String) -> String {
        guard let pair = map.first(where: { name.hasPrefix($0.name) }) else { return name }
        return pair.value + name.dropFirst(pair.name.count)
    }

    /// Whether a tensor of the model keeps its initial value.
    package func skips(_ name: String) -> Bool {
        skip.contains { name == $0 || name.hasPrefix($0 + ".") }
    }
}
