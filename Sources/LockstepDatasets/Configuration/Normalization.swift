/// How inputs are normalised; means and standard deviations are those of the training split alone.
public enum Normalization: String, Codable, Sendable, Hashable, CaseIterable {
    /// Per channel for images, per feature for everything else.
    case automatic = "auto"
    /// (x - mean) / deviation with one mean and deviation for each channel: the last dimension of a sample.
    case perChannel = "per_channel"
    /// (x - mean) / deviation with one mean and deviation for each element of a sample.
    case perFeature = "per_feature"
    /// No normalization: bytes give 0 ... 255.
    case none

    /// The number of means and deviations for samples of a shape; element i uses number i modulo this.
    func groups(of extents: [Int]) -> Int {
        let isPerChannel =
            switch self {
            case .automatic: extents.count == 3
            case .perChannel: true
            case .perFeature, .none: false
            }
        guard isPerChannel, let channels = extents.last else { return extents.reduce(1, *) }
        return channels
    }
}
