/// An optimizer: arithmetic on flat buffers of parameters, gradients and moments.
///
/// It holds no state of its own. The moments lie in buffers that the caller owns, laid out like the parameters; what
/// else changes from step to step comes with `UpdateStep`. Any slice can be updated by any rank.
public protocol Optimizer: Sendable {
    /// PyTorch's names of the moments, for checkpoints; their number is that of the buffers.
    var momentNames: [String] { get }

    /// The value that moments start with.
    var initialMoment: Float { get }

    /// The weight decay that is added to the gradient (L2); 0 where decay is decoupled or absent.
    var coupledWeightDecay: Double { get }

    /// The average of gradients that the optimizer begins with; nil without. With `UpdateStep.sparse` it has been made already.
    var momentum: Momentum? { get }

    /// Updates the parameters `range` of one group.
    func apply(_ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep)
}

extension Optimizer {
    /// The number of moment buffers.
    public var momentCount: Int { momentNames.count }

    public var initialMoment: Float { 0 }

    public var momentum: Momentum? { nil }

    /// Updates a slice of the flat order.
    ///
    /// The bfloat16 copy of mixed precision is written, the moving average moved on, and the hash taken, piece by piece while a piece
    /// is in the cache.
    /// Complexity: one pass over the slice; no allocation.
    /// - Parameters:
    ///   - slice: the elements to update; elements outside all groups (gaps) stay as they are.
    ///   - groups: in ascending order of their ranges, without overlap.
    ///   - isHashed: whether anybody wants the hash.
    /// - Returns: the hash of the slice's new parameters, to be added to those of other slices modulo 2^64; 0 without.
    @discardableResult
    public func update(
        _ slice: Range<Int>, _ buffers: FlatBuffers, groups: [ParameterGroup], _ step: UpdateStep,
        isHashed: Bool = true
    ) -> UInt64 {
        var hash: UInt64 = 0
        var next = slice.lowerBound
        for index in groups.indices {
            let range = groups[index].range.clamped(to: slice)
            if range.isEmpty { continue }
            if isHashed { hash &+= FlatBuffers.hash(buffers.parameters, next..<range.lowerBound) }
            var begin = range.lowerBound
            while begin < range.upperBound {
                let piece = begin..<min(begin + updatePiece, range.upperBound)
                apply(piece, buffers, groups[index], step)
                buffers.round(piece)
                if groups[index].isAveraged { buffers.average(piece, step) }
                if isHashed { hash &+= FlatBuffers.hash(buffers.parameters, piece) }
                begin = piece.upperBound
            }
            next = range.upperBound
        }
        if isHashed { hash &+= FlatBuffers.hash(buffers.parameters, next..<slice.upperBound) }
        return hash
    }
}

/// The elements that are updated at once: what is done to them next finds them in the cache.
private let updatePiece = 16384
