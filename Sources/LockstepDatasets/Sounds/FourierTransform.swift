import Glibc
import LockstepContracts

/// The discrete Fourier transform of 2^k numbers: radix 2, decimation in time, in single precision with factors computed in
/// double precision. Used by one thread at a time.
final class FourierTransform {
    let count: Int
    /// [count]
    let real: UnsafeMutablePointer<Float>
    let imaginary: UnsafeMutablePointer<Float>
    private let cosines: [Float]
    private let sines: [Float]
    private let reversed: [Int]

    init(count: Int) {
        contract(count >= 2 && count & (count - 1) == 0, "FourierTransform: \(count) is not a power of 2")
        self.count = count
        real = .allocate(capacity: count)
        imaginary = .allocate(capacity: count)
        real.initialize(repeating: 0, count: count)
        imaginary.initialize(repeating: 0, count: count)
        let angles = (0..<count / 2).map { -2 * Double.pi * Double($0) / Double(count) }
        cosines = angles.map { Float(cos($0)) }
        sines = angles.map { Float(sin($0)) }
        let bits = count.trailingZeroBitCount
        reversed = (0..<count).map { index in
            (0..<bits).reduce(0) { $0 << 1 | (index >> $1 & 1) }
        }
    }

    deinit {
        real.deallocate()
        imaginary.deallocate()
    }

    /// Replaces `real` and `imaginary` by their transform.
    func run() {
        for index in 0..<count where reversed[index] > index {
            (real[index], real[reversed[index]]) = (real[reversed[index]], real[index])
            (imaginary[index], imaginary[reversed[index]]) = (
                imaginary[reversed[index]], imaginary[index]
            )
        }
        var half = 1
        while half < count {
            let stride = count / (2 * half)
            for start in Swift.stride(from: 0, to: count, by: 2 * half) {
                for offset in 0..<half {
                    let (c, s) = (cosines[offset * stride], sines[offset * stride])
                    let (low, high) = (start + offset, start + offset + half)
                    let x = real[high] * c - imaginary[high] * s
                    let y = real[high] * s + imaginary[high] * c
                    (real[high], imaginary[high]) = (real[low] - x, imaginary[low] - y)
                    (real[low], imaginary[low]) = (real[low] + x, imaginary[low] + y)
                }
            }
            half *= 2
        }
    }
}
