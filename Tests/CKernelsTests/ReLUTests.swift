import CKernels
import Testing

/// A ReLU and its backward against their definition.
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

    /// Zero below zero, minus zero included; NaN stays; also in place.
    @Test(arguments: [65536, 1003, 5, 0])
    func forwardKeepsNaN(_ count: Int) {
        let start = (65536 - count) / 2
        let x = Array(everything[start..<start + count])
        let wide = x.map { Float(bitPattern: UInt32($0) << 16) }
        var y = [UInt16](repeating: 7, count: count)
        lockstep_relu(&y, x, count, 1)
        #expect(y == zip(x, wide).map { $1 <= 0 ? 0 : $0 })
        var wideY = [Float](repeating: 7, count: count)
        lockstep_relu(&wideY, wide, count, 0)
        #expect(wideY.map(\.bitPattern) == wide.map { $0 <= 0 ? 0 : $0.bitPattern })
        y = x
        y.withUnsafeMutableBytes { lockstep_relu($0.baseAddress, $0.baseAddress, count, 1) }
        #expect(y == zip(x, wide).map { $1 <= 0 ? 0 : $0 })
    }

    @Test(arguments: [0, 1, 255, 256, 257, 1000]) func lostNaNsAreKept(_ count: Int) {
        var x = (0..<count).map { Float($0) }
        for place in stride(from: 3, to: count, by: 97) { x[place] = .nan }
        var y = [Float](repeating: 1, count: count)
        lockstep_keep_nan(&y, x, count, 0)
        #expect(zip(x, y).allSatisfy { $0.isNaN ? $1.isNaN : $1 == 1 })
        let narrow = x.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
        var short = [UInt16](repeating: 1, count: count)
        lockstep_keep_nan(&short, narrow, count, 1)
        #expect(zip(x, zip(narrow, short)).allSatisfy { $1.1 == ($0.isNaN ? $1.0 : 1) })
        #expect(lockstep_are_finite(x, 0, count) == (count > 3 ? 0 : 1))
        #expect(lockstep_are_finite(x, 0, min(count, 3)) == 1)
    }
}
