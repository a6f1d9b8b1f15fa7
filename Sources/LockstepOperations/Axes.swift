import LockstepContracts
import LockstepTensors

/// Some of the axes of a tensor, in any order; negative ones count from the last. Stored inline, so that
/// steps do not allocate.
///
/// `sum(x, over: 1)`, `mean(x, over: Axes(0, -1))`.
public struct Axes: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// The axes in lanes 0 ..< count, and their number in lane 7.
    private var lanes: SIMD8<Int8>

    /// One axis.
    public init(_ axis: Int) { self.init(lanes: SIMD8(Int8(axis), 0, 0, 0, 0, 0, 0, 1)) }

    /// Two axes.
    public init(_ a: Int, _ b: Int) { self.init(lanes: SIMD8(Int8(a), Int8(b), 0, 0, 0, 0, 0, 2)) }

    /// Three axes.
    public init(_ a: Int, _ b: Int, _ c: Int) {
        self.init(lanes: SIMD8(Int8(a), Int8(b), Int8(c), 0, 0, 0, 0, 3))
    }

    /// Four axes.
    public init(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        self.init(lanes: SIMD8(Int8(a), Int8(b), Int8(c), Int8(d), 0, 0, 0, 4))
    }

    /// Up to six axes. The array is an allocation, so do not use it in code that runs every step.
    public init(_ axes: [Int]) {
        contract(axes.count <= Shape.maximumRank, "Axes: \(axes.count) axes, at most 6")
        var lanes = SIMD8<Int8>.zero
        for (index, axis) in axes.enumerated() { lanes[index] = Int8(axis) }
        lanes[7] = Int8(axes.count)
        self.init(lanes: lanes)
    }

    /// All axes of a tensor in order, with two of them exchanged.
    init(exchanging a: Int, _ b: Int, rank: Int) {
        var lanes = SIMD8<Int8>(0, 1, 2, 3, 4, 5, 0, 0)
        lanes[7] = Int8(rank)
        (lanes[a], lanes[b]) = (lanes[b], lanes[a])
        self.init(lanes: lanes)
    }

    public init(integerLiteral axis: Int) { self.init(axis) }

    private init(lanes: SIMD8<Int8>) { self.lanes = lanes }

    /// The number of axes.
    public var count: Int { Int(lanes[7]) }

    /// An axis as given, possibly negative.
    public subscript(index: Int) -> Int {
        contract(index >= 0 && index < count, "Axes: no axis number \(index) of \(count)")
        return Int(lanes[index])
    }

    /// The axes of a tensor of `shape` as bits. Traps on missing and duplicate axes.
    func bits(in shape: Shape, _ operation: StaticString) -> UInt32 {
        var bits: UInt32 = 0
        for index in 0..<count {
            let axis = Int(lanes[index])
            let place = axis < 0 ? axis + shape.rank : axis
            guard place >= 0, place < shape.rank, bits >> UInt32(place) & 1 == 0 else {
                brokenContract(
                    "\(operation): axis \(axis) of \(shape) does not exist, or is named twice")
            }
            bits |= 1 << UInt32(place)
        }
        return bits
    }
}

extension Shape {
    /// An axis as a dimension from 0; negative ones count from the last. Traps on a missing axis.
    func dimension(_ axis: Int, _ operation: StaticString) -> Int {
        let place = axis < 0 ? axis + rank : axis
        guard place >= 0, place < rank else {
            brokenContract("\(operation): no axis \(axis) in \(self)")
        }
        return place
    }

    /// This shape without the dimensions given as bits, or with extents of 1 for them.
    func removing(_ bits: UInt32, keepsDimensions: Bool) -> Shape {
        var result = Shape()
        for dimension in (0..<rank).reversed() {
            let isRemoved = bits >> UInt32(dimension) & 1 != 0
            if !isRemoved {
                result = result.prepending(self[dimension])
            } else if keepsDimensions {
                result = result.prepending(1)
            }
        }
        return result
    }

    /// This shape with a new dimension before `dimension` (0 ... rank).
    func inserting(_ extent: Int, at dimension: Int) -> Shape {
        var result = Shape()
        for place in (0...rank).reversed() {
            if place < rank { result = result.prepending(self[place]) }
            if place == dimension { result = result.prepending(extent) }
        }
        return result
    }
}
