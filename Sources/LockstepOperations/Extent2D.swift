/// A height and a width: of a kernel, a stride, a padding or a dilation. An integer literal means both.
public struct Extent2D: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// Along H.
    public var height: Int
    /// Along W.
    public var width: Int

    /// The two of them.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// The same along both.
    public init(_ both: Int) { self.init(height: both, width: both) }

    public init(integerLiteral both: Int) { self.init(both) }
}

extension Extent2D: CustomStringConvertible {
    public var description: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// What a sliding window does to the extents of an image.
struct Window2D: Equatable {
    var kernel: Extent2D
    var stride: Extent2D
    var padding: Extent2D
    var dilation: Extent2D

    /// The extent of the output: floor((extent + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, as in PyTorch.
    private static func output(_ extent: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int)
        -> Int
    {
        let room = extent + 2 * padding - dilation * (kernel - 1) - 1
        return room < 0 ? 0 : room / stride + 1
    }

    /// The extents of the output for an image; traps when the window is impossible or does not fit.
    func outputExtent(height: Int, width: Int, _ operation: StaticString) -> Extent2D {
        let isPossible =
            min(kernel.height, kernel.width, stride.height, stride.width) >= 1
            && min(padding.height, padding.width) >= 0 && min(dilation.height, dilation.width) >= 1
        let result =
            isPossible
            ? Extent2D(
                height: Window2D.output(
                    height, kernel.height, stride.height, padding.height, dilation.height),
                width: Window2D.output(width, kernel.width, stride.width, padding.width, dilation.width))
            : 0
        guard result.height > 0, result.width > 0 else {
            preconditionFailure(
                """
                \(operation): a kernel of \(kernel), stride \(stride), padding \(padding) and dilation \
                \(dilation) has no place on an image of height \(height) and width \(width)
                """)
        }
        return result
    }
}
