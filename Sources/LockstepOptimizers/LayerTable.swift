import CKernels

/// The sums of squares of all parts of all parameters in an update by a `LayerwiseOptimizer`.
///
/// A part is the elements of one parameter within one chunk of 4,096 elements of the flat order. Slices end on chunk borders, so each
/// part is
/// measured by one rank, and the bits of a norm do not depend on the slices.
///
/// The caller owns the memory, which the ranks of a host may share: each writes the parts of its slice, and reads those of others
/// after all have been written.
public struct LayerTable {
    /// The first part of each group, followed by the number of all parts.
    private let firsts: [Int]
    private let parts: UnsafeMutablePointer<LayerSquares>

    /// The number of parts.
    /// - Parameter groups: one for each parameter.
    public static func count(_ groups: [ParameterGroup]) -> Int {
        groups.reduce(0) { $0 + chunks(of: $1.range).count }
    }

    /// A table.
    /// - Parameter memory: memory for `count(groups)` parts.
    public init(_ groups: [ParameterGroup], memory: UnsafeMutablePointer<LayerSquares>) {
        var firsts = [0]
        for group in groups {
            firsts.append(firsts[firsts.count - 1] + LayerTable.chunks(of: group.range).count)
        }
        self.firsts = firsts
        parts = memory
    }

    /// The first pass of an update: measures the parts in a slice.
    /// Complexity: one pass over the slice; no allocation.
    /// - Parameters:
    ///   - slice: begins and ends at chunk borders, or at the end of the buffers.
    ///   - groups: those of `init`.
    public func measure(
        _ slice: Range<Int>, by optimizer: any LayerwiseOptimizer, _ buffers: FlatBuffers,
        groups: [ParameterGroup], _ step: UpdateStep
    ) {
        for index in groups.indices {
            let range = groups[index].range
            if range.clamped(to: slice).isEmpty { continue }
            let chunks = LayerTable.chunks(of: range)
            for chunk in chunks {
                let start = chunk * Int(lockstep_chunk)
                let part = range.clamped(to: start..<start + Int(lockstep_chunk)).clamped(to: slice)
                if part.isEmpty { continue }
                parts[firsts[index] + chunk - chunks.lowerBound] = optimizer.squares(
                    of: part, buffers, groups[index], step)
            }
        }
    }

    /// The norms of a group, after all slices have been measured: sums are added in the order of the chunks.
    func norms(of group: Int) -> LayerNorms {
        var sum = LayerSquares()
        for part in firsts[group]..<firsts[group + 1] {
            sum.weights += parts[part].weights
            sum.direction += parts[part].direction
        }
        return LayerNorms(weights: sum.weights.squareRoot(), direction: sum.direction.squareRoot())
    }

    private static func chunks(of range: Range<Int>) -> Range<Int> {
        let chunk = Int(lockstep_chunk)
        return range.isEmpty ? 0..<0 : range.lowerBound / chunk..<(range.upperBound - 1) / chunk + 1
    }
}
