/// An optimizer: arithmetic on flat buffers of parameters, gradients and moments.
///
/// It holds no state. The moments are in buffers that the caller owns, laid out like the parameters; everything
/// else that changes from step to step is in `UpdateStep`. Any rank can update any slice.
public protocol Optimizer: Sendable {
    /// PyTorch's names of the moments, for checkpoints; one buffer for each.
    var momentNames: [String] { get }

    /// The value that moments start with.
    var initialMoment: Float { get }

    /// The weight decay that is added to the gradient (L2); 0 where decay is decoupled or absent.
    var coupledWeightDecay: Double { get }

    /// Updates the parameters `range` of one group.
    func apply(_ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep)
}

extension Optimizer {
    /// The number of moment buffers.
    public var momentCount: Int { momentNames.count }

    public var initialMoment: Float { 0 }

    /// Updates a slice of the flat order.
    ///
    /// Within a piece, while it is in the cache, the bfloat16 copy of mixed precision is written, the moving average
    /// is updated, the hash is computed, and the parameters are checked for NaN and infinity.
    /// Complexity: one pass over the slice; no allocation.
    /// - Parameters:
    ///   - slice: the elements to update; elements outside all groups (gaps) stay as they are.
    ///   - groups: in ascending order of their ranges, without overlap.
    ///   - isHashed: whether to compute the hash.
    ///   - layers: what the first pass of a `LayerwiseOptimizer` has measured; each group is one parameter then.
    /// - Returns: the hash of the new parameters, and whether they are finite.
    @discardableResult
    public func update(
        _ slice: Range<Int>, _ buffers: FlatBuffers, groups: [ParameterGroup], _ step: UpdateStep,
        isHashed: Bool = true, layers: LayerTable? = nil
    ) -> UpdatedSlice {
        var result = UpdatedSlice()
        var step = step
        var next = slice.lowerBound
        for index in groups.indices {
            let range = groups[index].range.clamped(to: slice)
            if range.isEmpty { continue }
            if let layers { step.layer = layers.norms(of: index) }
            if isHashed { result.hash &+= FlatBuffers.hash(buffers.parameters, next..<range.lowerBound) }
            var begin = range.lowerBound
            while begin < range.upperBound {
                let piece = begin..<min(begin + updatePiece, range.upperBound)
                apply(piece, buffers, groups[index], step)
                buffers.round(piece)
                if groups[index].isAveraged { buffers.average(piece, step) }
                let isInTurn = (begin / updatePiece + step.number) % turns == 0
                if isHashed || isInTurn, !FlatBuffers.areFinite(buffers.parameters, piece) {
                    result.isFinite = false
                }
                if isHashed { result.hash &+= FlatBuffers.hash(buffers.parameters, piece) }
                begin = piece.upperBound
            }
            next = range.upperBound
        }
        if isHashed { result.hash &+= FlatBuffers.hash(buffers.parameters, next..<slice.upperBound) }
        return result
    }
}

/// The result of updating a slice of the parameters.
public struct UpdatedSlice: Sendable, Hashable {
    /// The hash, to be added to those of other slices modulo 2^64; 0 if it was not computed.
    public var hash: UInt64 = 0
    /// Whether the checked parameters are finite. With the hash all updated ones are checked; without it one eighth
    /// per update, in turn, at almost no cost.
    public var isFinite = true
}

/// The number of elements that are updated at once, so that the next operations find them in the cache.
private let updatePiece = 16384

/// Without a hash, the number of updates in which every piece is checked once.
private let turns = 8
