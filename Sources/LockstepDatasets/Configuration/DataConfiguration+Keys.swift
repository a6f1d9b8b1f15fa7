import LockstepConfiguration

extension DataConfiguration: ConfigurableChoice {
    public static var choices: [ConfigurationChoice<Self>] {
        [
            .map(
                "fashion_mnist", from: { if case .fashionMNIST(let it) = $0 { it } else { nil } },
                to: Self.fashionMNIST),
            .map("idx", from: { if case .idx(let it) = $0 { it } else { nil } }, to: Self.idx),
            .map("csv", from: { if case .csv(let it) = $0 { it } else { nil } }, to: Self.csv),
            .map("npy", from: { if case .npy(let it) = $0 { it } else { nil } }, to: Self.npy),
            .map("cifar10", from: { if case .cifar10(let it) = $0 { it } else { nil } }, to: Self.cifar10),
            .map(
                "synthetic", from: { if case .synthetic(let it) = $0 { it } else { nil } }, to: Self.synthetic
            ),
            .map("text", from: { if case .text(let it) = $0 { it } else { nil } }, to: Self.text),
            .map(
                "king_james", from: { if case .kingJames(let it) = $0 { it } else { nil } },
                to: Self.kingJames
            ),
            .map(
                "shakespeare", from: { if case .shakespeare(let it) = $0 { it } else { nil } },
                to: Self.shakespeare),
        ]
    }
}
