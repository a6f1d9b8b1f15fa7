import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// y[s] = the sum of the rows of x with id s: `indexAdd` along the first axis.
///
/// The ids need not be sorted; sums run in the order of the rows. An id outside 0 ..< segments is reported to
/// the tape as an `IndexError`.
///
/// Shapes: x [n, ...]; ids [n], int32; y [segments, ...], float32.
public func segmentSum(_ x: Variable, _ ids: Tensor, segments: Int) -> Variable {
    indexAdd(x, ids, entries: segments)
}

/// y[s] = the mean of the rows of x with id s, 0 for an empty segment; see `segmentSum`.
public func segmentMean(_ x: Variable, _ ids: Tensor, segments: Int) -> Variable {
    segment(.mean, x, ids, segments)
}

/// y[s] = for each column the maximum over the rows of x with id s, 0 for an empty segment; see `segmentSum`.
///
/// NaN if any is NaN. The gradient goes to the first of equal numbers.
public func segmentMax(_ x: Variable, _ ids: Tensor, segments: Int) -> Variable {
    segment(.maximum, x, ids, segments)
}

private func segment(
    _ kind: SegmentOperation.Kind, _ x: Variable, _ ids: Tensor, _ segments: Int
) -> Variable {
    guard x.shape.rank >= 1, ids.shape == Shape(x.shape[0]), ids.dtype == .int32, segments >= 0 else {
        brokenContract(
            "segments\(x.place): numbers \(ids.shape) of \(ids.dtype) do not fit x \(x.shape) in \(segments) segments"
        )
    }
    let tape = x.tape
    let x = cast(x, to: .float32)
    let key = SegmentOperation.Key(kind: kind, x: x.shape, segments: segments)
    let operation = tape.operation(SegmentOperation.self, key: key) { SegmentOperation(key: $0) }
    let y = operation.forward(x.value, ids, tape)
    return tape.record(operation, inputs: x, output: y)
}

/// The operation behind `segmentMean` and `segmentMax`. Inside, x is [n, width].
final class SegmentOperation: DifferentiableOperation {
    enum Kind {
        case mean
        case maximum
    }

    struct Key: Equatable {
        var kind: Kind
        var x: Shape
        var segments: Int
    }

    let key: Key
    private let width: Int
    /// The ids; for the mean also 1 / the number of rows [segments], for the maximum the row of each one
    /// [segments, width].
    private var saved: (ids: Tensor, places: Tensor)?

    init(key: Key) {
        self.key = key
        width = key.x.elementCount(of: 1..<key.x.rank)
    }

    /// x [n, ...], ids [n] -> y [segments, ...].
    func forward(_ x: Tensor, _ ids: Tensor, _ tape: Tape) -> Tensor {
        let y = tape.pool.tensor(key.x.replacingFirst(with: key.segments))
        let (rows, segments) = (key.x[0], key.segments)
        let places: Tensor
        let bad: Int
        switch key.kind {
        case .mean:
            places = tape.pool.tensor(Shape(segments))
            lockstep_segment_factors(places.floats, ids.int32s, segments, rows)
            y.fillWithZeros()
            bad = lockstep_index_add(y.floats, x.address, ids.int32s, 1, segments, rows, width, 0)
            lockstep_scale_rows(y.floats, places.floats, nil, segments, segments, width)
        case .maximum:
            places = tape.pool.tensor(Shape(segments, width), .int32)
            bad = lockstep_segment_maximum(
                y.floats, places.int32s, x.floats, ids.int32s, segments, rows, width)
        }
        tape.reportIndex(bad, ids, segments)
        saved = (ids, places)
        return y
    }

    /// dy [segments, ...] -> dx [n, ...].
    func backward(_ context: BackwardContext) {
        guard let saved else { brokenContract("segments: backward without forward") }
        let (dy, rows, segments) = (context.outputGradient, key.x[0], key.segments)
        context.write(0) { dx in
            switch key.kind {
            case .mean:
                _ = lockstep_index_select(
                    dx.address, dy.address, saved.ids.int32s, 1, segments, rows, width * 4)
                lockstep_scale_rows(
                    dx.floats, saved.places.floats, saved.ids.int32s, segments, rows, width)
            case .maximum:
                dx.fillWithZeros()
                lockstep_segment_maximum_backward(
                    dx.floats, dy.floats, saved.places.int32s, segments, width)
            }
        }
    }

    func release() { saved = nil }
}
