import LockstepContracts
import LockstepTensors

extension PNGPicture {
    /// The images of a batch as a grid.
    ///
    /// Shapes: images [N, H, W, C], float32, with C = 1 for grey and 3 for colours.
    /// - Parameters:
    ///   - range: the numbers that become 0 and 255; those outside become the nearest of them, NaN becomes 0.
    ///   - columns: images of a row.
    ///   - gap: the width of the gaps in pixels.
    public init(grid images: Tensor, range: ClosedRange<Float> = 0...1, columns: Int, gap: Int = 2) {
        let shape = images.shape
        guard shape.rank == 4, let channels = Channels(rawValue: shape[3]) else {
            brokenContract("PNGPicture: a grid of \(shape); needed are images [N, H, W, 1] or [N, H, W, 3]")
        }
        let scale = 255 / (range.upperBound - range.lowerBound)
        let size = shape[1] * shape[2] * shape[3]
        let pictures = (0..<shape[0]).map { number in
            let pixels = UnsafeBufferPointer(start: images.floats + number * size, count: size)
            return PNGPicture(
                width: shape[2], height: shape[1], channels: channels,
                pixels: pixels.map { number in
                    number.isNaN
                        ? 0 : UInt8(max(0, min(255, ((number - range.lowerBound) * scale).rounded())))
                })
        }
        self.init(grid: pictures, columns: columns, gap: gap)
    }
}
