import CKernels

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

    /// Updates the parameters `range` of one group, and returns the hash of their new values.
    func apply(_ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep)
        -> UInt64
}

extension Optimizer {
    /// The number of moment buffers.
    public var momentCount: Int { momentNames.count }

    public var initialMoment: Float { 0 }

    /// Updates a slice of the flat order.
    ///
    /// Complexity: one pass over the slice; no allocation.
    /// - Parameters:
    ///   - slice: the elements to update; elements outside all groups (gaps) stay as they are.
    ///   - groups: in ascending order of their ranges, without overlap.
    /// - Returns: the hash of the slice's new parameters, to be added to those of other slices modulo 2^64.
    public func update(
        _ slice: Range<Int>, _ buffers: FlatBuffers, groups: [ParameterGroup], _ step: UpdateStep
    ) -> UInt64 {
        var hash: UInt64 = 0
        var next = slice.lowerBound
        for index in groups.indices {
            let range = groups[index].range.clamped(to: slice)
            if range.isEmpty { continue }
            hash &+= FlatBuffers.hash(buffers.parameters, next..<range.lowerBound)
            if groups[index].isFrozen {
                hash &+= FlatBuffers.hash(buffers.parameters, range)
            } else {
                hash &+= applyInPieces(range, buffers, groups[index], step)
            }
            next = range.upperBound
        }
        return hash &+ FlatBuffers.hash(buffers.parameters, next..<slice.upperBound)
    }

    /// In mixed precision the bfloat16 copy of a piece is written while the piece is in the cache.
    private func applyInPieces(
        _ range: Range<Int>, _ buffers: FlatBuffers, _ group: ParameterGroup, _ step: UpdateStep
    ) -> UInt64 {
        guard let rounded = buffers.rounded else { return apply(range, buffers, group, step) }
        let pieceCount = 8192
        var hash: UInt64 = 0
        var begin = range.lowerBound
        while begin < range.upperBound {
            let piece = begin..<min(begin + pieceCount, range.upperBound)
            hash &+= apply(piece, buffers, group, step)
            lockstep_bfloat16_round(rounded + begin, buffers.parameters + begin, piece.count)
            begin = piece.upperBound
        }
        return hash
    }
}
