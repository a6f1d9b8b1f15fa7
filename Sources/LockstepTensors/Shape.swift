import LockstepContracts

/// The extents of a dense row-major tensor, outermost first; at most six dimensions.
///
/// The extents are stored inline, so creating, copying and comparing a shape never allocates. `[]` is a
/// scalar. In code that runs every step prefer `Shape(n, c)` to the literal `[n, c]`, which may create an
/// array.
public struct Shape: Sendable, Hashable {
    /// The largest number of dimensions.
    public static let maximumRank = 6

    /// The extents in lanes 0 ..< rank, then zeros; the rank in lane 7.
    private var lanes: SIMD8<Int32>

    /// A shape from its extents, outermost first. Traps on more than six or on negative extents.
    public init(_ extents: [Int]) {
        contract(extents.count <= Shape.maximumRank, "Shape: \(extents.count) dimensions, at most 6")
        lanes = .zero
        lanes[7] = Int32(extents.count)
        for (dimension, extent) in extents.enumerated() { lanes[dimension] = Shape.lane(extent) }
    }

    /// The shape of a scalar.
    public init() { lanes = .zero }

    /// A vector's shape.
    public init(_ a: Int) { lanes = SIMD8(Shape.lane(a), 0, 0, 0, 0, 0, 0, 1) }

    /// A matrix's shape: rows, columns.
    public init(_ a: Int, _ b: Int) {
        lanes = SIMD8(Shape.lane(a), Shape.lane(b), 0, 0, 0, 0, 0, 2)
    }

    /// A shape of three dimensions.
    public init(_ a: Int, _ b: Int, _ c: Int) {
        lanes = SIMD8(Shape.lane(a), Shape.lane(b), Shape.lane(c), 0, 0, 0, 0, 3)
    }

    /// A shape of four dimensions; for images N, H, W, C.
    public init(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        lanes = SIMD8(Shape.lane(a), Shape.lane(b), Shape.lane(c), Shape.lane(d), 0, 0, 0, 4)
    }

    /// The number of dimensions.
    public var rank: Int { Int(lanes[7]) }

    /// The number of elements: the product of the extents, 1 for a scalar.
    public var elementCount: Int { product(of: 0..<rank) }

    /// The extent of a dimension; negative dimensions count from the last.
    public subscript(dimension: Int) -> Int {
        get { Int(lanes[checked(dimension)]) }
        set { lanes[checked(dimension)] = Shape.lane(newValue) }
    }

    /// The product of the extents of a range of dimensions; 1 for an empty range.
    public func elementCount(of dimensions: Range<Int>) -> Int {
        contract(
            dimensions.lowerBound >= 0 && dimensions.upperBound <= rank,
            "Shape: dimensions \(dimensions) of \(self)")
        return product(of: dimensions)
    }

    private func product(of dimensions: Range<Int>) -> Int {
        var count = 1
        var overflows = false
        for dimension in dimensions {
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(lanes[dimension]))
            count = product
            overflows = overflows || overflow
        }
        contract(
            !overflows && count <= Shape.maximumCount,
            "Shape: \(self) has more elements than memory has bytes")
        return count
    }

    /// This shape with one more dimension in front.
    public func prepending(_ extent: Int) -> Shape {
        contract(rank < Shape.maximumRank, "Shape: \(self) has no room for another dimension")
        var result = Shape()
        result.lanes[7] = lanes[7] + 1
        result.lanes[0] = Shape.lane(extent)
        for dimension in 0..<rank { result.lanes[dimension + 1] = lanes[dimension] }
        return result
    }

    /// This shape with its first extent replaced.
    public func replacingFirst(with extent: Int) -> Shape {
        var result = self
        result[0] = extent
        return result
    }

    /// This shape without its first dimension.
    public var droppingFirst: Shape {
        contract(rank > 0, "Shape: a scalar has no first dimension")
        var result = Shape()
        result.lanes[7] = lanes[7] - 1
        for dimension in 1..<rank { result.lanes[dimension - 1] = lanes[dimension] }
        return result
    }

    /// The extents as an array; allocates.
    public var extents: [Int] { (0..<rank).map { Int(lanes[$0]) } }

    /// More elements would not fit into memory, nor their size in bytes into 64 bits.
    private static let maximumCount = 1 << 56

    private static func lane(_ extent: Int) -> Int32 {
        contract(
            extent >= 0 && extent <= Int32.max,
            "Shape: an extent of \(extent); from 0 to \(Int32.max) is possible")
        return Int32(truncatingIfNeeded: extent)
    }

    private func checked(_ dimension: Int) -> Int {
        let index = dimension < 0 ? dimension + rank : dimension
        contract(index >= 0 && index < rank, "Shape: no dimension \(dimension) in rank \(rank)")
        return index
    }
}

extension Shape: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
