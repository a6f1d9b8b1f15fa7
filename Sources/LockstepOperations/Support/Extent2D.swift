import LockstepAutograd
import LockstepContracts

/// A height and a width: of a kernel, a stride, a padding or a dilation. An integer literal sets both.
public struct Extent2D: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// Along H.
    public var height: Int
    /// Along W.
    public var width: Int

    /// Different extents.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// Equal extents.
    public init(_ both: Int) { self.init(height: both, width: both) }

    public init(integerLiteral both: Int) { self.init(both) }
}

extension Extent2D: CustomStringConvertible {
    public var description: String { height == width ? "\(height)" : "\(height)x\(width)" }
}

/// The effect of a sliding window on the extents of an image.
struct Window2D: Equatable {
    var kernel: Extent2D
    var stride: Extent2D
    var padding: Extent2D
    var dilation: Extent2D

    /// The extent of the output: floor((extent + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, as in
    /// PyTorch.
    private static func output(_ extent: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int)
        -> Int
    {
        let room = extent + 2 * padding - dilation * (kernel - 1) - 1
        return room < 0 ? 0 : room / stride + 1
    }

    /// The extents of the output for an image of at least one pixel; 0 if the window is invalid or does not
    /// fit.
    func outputExtent(height: Int, width: Int) -> Extent2D {
        guard
            min(kernel.height, kernel.width, stride.height, stride.width) >= 1,
            min(padding.height, padding.width) >= 0, min(dilation.height, dilation.width) >= 1
        else { return 0 }
        return Extent2D(
            height: Window2D.output(height, kernel.height, stride.height, padding.height, dilation.height),
            width: Window2D.output(width, kernel.width, stride.width, padding.width, dilation.width))
    }

    /// Traps unless the window fits the images x [N, H, W, C].
    func require(_ x: Variable, _ operation: StaticString, _ place: @autoclosure () -> String) {
        let result = outputExtent(height: x.shape[1], width: x.shape[2])
        contract(
            result.height > 0 && result.width > 0,
            """
            \(operation)\(place()): a kernel of \(kernel), stride \(stride), padding \(padding) and dilation \
            \(dilation) has no place on x \(x.shape), an image of height \(x.shape[1]) and width \(x.shape[2])
            """)
    }

    /// Traps unless the window, of height 1, fits the sequences x [N, L, C].
    func requireAlongSequence(
        _ x: Variable, _ operation: StaticString, _ place: @autoclosure () -> String
    ) {
        contract(
            outputExtent(height: 1, width: x.shape[1]).width > 0,
            """
            \(operation)\(place()): a kernel of \(kernel.width), stride \(stride.width), padding \(padding.width) and \
            dilation \(dilation.width) has no place on x \(x.shape), a sequence of length \(x.shape[1])
            """)
    }
}
