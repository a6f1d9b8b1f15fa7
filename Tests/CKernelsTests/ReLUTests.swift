import CKernels
import Testing

/// The backward of a ReLU against its definition.
@Suite struct ReLUKernelTests {
    /// All bfloat16 numbers: both zeros, infinities and NaNs among them.
    private let everything = (UInt16.min...UInt16.max).map { $0 }

    /// Vectors, and what is left after them.
    @Test(arguments: [65536, 1003, 5, 0])
    func passesWhatIsNotBelowOrAtZero(_ count: Int) {
        let start = (65536 - count) / 2
        let y = Array(everything[start..<start + count])
        let dy = y.map { $0 &* 3 &+ 1 }
        var dx = [UInt16](repeating: 7, count: count)
        lockstep_relu_backward(&dx, dy, y, count, 1)
        let wide = y.map { Float(bitPattern: UInt32($0) << 16) }
        #expect(dx == zip(dy, wide).map { $1 <= 0 ? 0 : $0 })
        let wideDy = (0..<count).map { Float($0) - 100 }
        var wideDx = [Float](repeating: 7, count: count)
        lockstep_relu_backward(&wideDx, wideDy, wide, count, 0)
        #expect(wideDx == zip(wideDy, wide).map { $1 <= 0 ? 0 : $0 })
    }
}
