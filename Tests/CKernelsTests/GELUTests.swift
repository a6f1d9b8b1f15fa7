import CKernels
import Foundation
import Testing

/// The Gaussian error linear unit and its derivative against plain formulas in double.
@Suite struct GELUKernelTests {
    /// Small, ordinary and large numbers of both signs, more than some vectors and not a multiple of one.
    private let numbers: [Float] =
        [0, -0, 1e-30, -1e-30, 9, -9, 8.99, -8.99, 1e30, -1e30, .infinity, -.infinity]
        + (0..<203).map { Float($0 * 37 % 203) * 0.09 - 9.1 }

    private func run(_ x: [Float], byTanh: Bool) -> (y: [Float], slope: [Float]) {
        var (y, slope) = (x, x)
        lockstep_gelu(&y, &slope, x, x.count, 0, byTanh ? 1 : 0)
        return (y, slope)
    }

    private func expected(_ number: Float, byTanh: Bool) -> (y: Double, slope: Double) {
        let x = min(max(Double(number), -40), 40)
        guard byTanh else {
            let share = erfc(-x / 2.0.squareRoot()) / 2
            return (Double(number) * share, share + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
        }
        let factor = (2 / Double.pi).squareRoot()
        let t = tanh(factor * (x + 0.044715 * x * x * x))
        let slope = (1 + t) / 2 + x * (1 - t * t) / 2 * factor * (1 + 3 * 0.044715 * x * x)
        return (Double(number) * (1 + t) / 2, slope)
    }

    @Test(arguments: [false, true])
    func followsItsFormula(byTanh: Bool) {
        let (y, slope) = run(numbers, byTanh: byTanh)
        for (i, x) in numbers.enumerated() {
            let (value, derivative) = expected(x, byTanh: byTanh)
            if x == -.infinity {
                #expect(abs(y[i]) < 1e-15)
            } else {
                #expect(y[i] == x || abs(Double(y[i]) - value) <= 1e-6 * max(1, abs(value)), "gelu \(x)")
            }
            #expect(abs(Double(slope[i]) - derivative) <= 3e-6, "derivative at \(x)")
        }
        let bad = run([.nan], byTanh: byTanh)
        #expect(bad.y[0].isNaN && bad.slope[0].isNaN)
    }

    /// Vectors, what is left after them, and single numbers are computed by different code.
    @Test(arguments: [false, true])
    func bitsDoNotDependOnThePlace(byTanh: Bool) {
        let all = run(numbers, byTanh: byTanh)
        var (y, slope): (Float, Float) = (0, 0)
        for (i, x) in numbers.enumerated() {
            lockstep_gelu(&y, &slope, [x], 1, 0, byTanh ? 1 : 0)
            #expect(y.bitPattern == all.y[i].bitPattern && slope.bitPattern == all.slope[i].bitPattern)
            lockstep_gelu(&y, nil, [x], 1, 0, byTanh ? 1 : 0)
            #expect(y.bitPattern == all.y[i].bitPattern)
        }
    }

    @Test(arguments: [false, true])
    func bfloat16IsFloat32Rounded(byTanh: Bool) {
        var x = [UInt16](repeating: 0, count: numbers.count)
        lockstep_bfloat16_round(&x, numbers, numbers.count)
        var wide = numbers
        lockstep_bfloat16_widen(&wide, x, numbers.count)
        let exact = run(wide, byTanh: byTanh)
        var (y, slope, products) = (x, x, x)
        lockstep_gelu(&y, &slope, x, x.count, 1, byTanh ? 1 : 0)
        lockstep_multiply(&products, y, slope, x.count, 1)
        var (roundedY, roundedSlope) = (x, x)
        lockstep_bfloat16_round(&roundedY, exact.y, x.count)
        lockstep_bfloat16_round(&roundedSlope, exact.slope, x.count)
        #expect(y == roundedY)
        #expect(slope == roundedSlope)
        var (wideY, wideSlope) = (exact.y, exact.slope)
        lockstep_bfloat16_widen(&wideY, y, x.count)
        lockstep_bfloat16_widen(&wideSlope, slope, x.count)
        var exactProducts = wideY
        lockstep_multiply(&exactProducts, wideY, wideSlope, x.count, 0)
        #expect(zip(exactProducts, zip(wideY, wideSlope)).allSatisfy { $0 == $1.0 * $1.1 })
        lockstep_bfloat16_round(&roundedY, exactProducts, x.count)
        #expect(products == roundedY)
    }
}
