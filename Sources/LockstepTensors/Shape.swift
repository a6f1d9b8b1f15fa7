/// The extents of a dense row-major tensor, outermost first; at most six dimensions.
///
/// The extents are held inline, so that making, copying and comparing a shape never allocates. `[]` is a scalar.
/// In code that runs every step prefer `Shape(n, c)` to the literal `[n, c]`: a literal may build an array first.
public struct Shape: Sendable, Hashable {
    /// The largest number of dimensions.
    public static let maximumRank = 6

    /// Extents in lanes 0 ..< rank, zeros behind them, the rank in lane 7.
    private var lanes: SIMD8<Int32>

    /// A shape from its extents, outermost first. Traps on more than six or on negative extents.
    public init(_ extents: [Int]) {
        precondition(extents.count <= Shape.maximumRank, "Shape: \(extents.count) dimensions, at most 6")
        lanes = .zero
        lanes[7] = Int32(extents.count)
        for (dimension, extent) in extents.enumerated() {
            precondition(extent >= 0, "Shape: negative extent in \(extents)")
            lanes[dimension] = Int32(extent)
        }
    }

    /// The shape of a scalar.
    public init() { lanes = .zero }

    /// A vector's shape.
    public init(_ a: Int) { lanes = SIMD8(Int32(a), 0, 0, 0, 0, 0, 0, 1) }

    /// A matrix's shape: rows, columns.
    public init(_ a: Int, _ b: Int) { lanes = SIMD8(Int32(a), Int32(b), 0, 0, 0, 0, 0, 2) }

    /// A shape of three dimensions.
    public init(_ a: Int, _ b: Int, _ c: Int) {
        lanes = SIMD8(Int32(a), Int32(b), Int32(c), 0, 0, 0, 0, 3)
    }

    /// A shape of four dimensions; for images N, H, W, C.
    public init(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        lanes = SIMD8(Int32(a), Int32(b), Int32(c), Int32(d), 0, 0, 0, 4)
    }

    /// The number of dimensions.
    public var rank: Int { Int(lanes[7]) }

    /// The number of elements: the product of the extents, 1 for a scalar.
    public var elementCount: Int {
        var count = 1
        for dimension in 0..<rank { count *= Int(lanes[dimension]) }
        return count
    }

    /// The extent of a dimension; negative dimensions count from the last.
    public subscript(dimension: Int) -> Int {
        get { Int(lanes[checked(dimension)]) }
        set { lanes[checked(dimension)] = Int32(newValue) }
    }

    /// The product of the extents of some dimensions; 1 for an empty range.
    public func elementCount(of dimensions: Range<Int>) -> Int {
        var count = 1
        for dimension in dimensions { count *= self[dimension] }
        return count
    }

    /// This shape with one more dimension in front.
    public func prepending(_ extent: Int) -> Shape {
        precondition(rank < Shape.maximumRank, "Shape: \(self) has no room for another dimension")
        var result = Shape()
        result.lanes[7] = lanes[7] + 1
        result.lanes[0] = Int32(extent)
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
        precondition(rank > 0, "Shape: a scalar has no first dimension")
        var result = Shape()
        result.lanes[7] = lanes[7] - 1
        for dimension in 1..<rank { result.lanes[dimension - 1] = lanes[dimension] }
        return result
    }

    /// The extents as an array; allocates.
    public var extents: [Int] { (0..<rank).map { Int(lanes[$0]) } }

    private func checked(_ dimension: Int) -> Int {
        let index = dimension < 0 ? dimension + rank : dimension
        precondition(index >= 0 && index < rank, "Shape: no dimension \(dimension) in rank \(rank)")
        return index
    }
}

extension Shape: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
