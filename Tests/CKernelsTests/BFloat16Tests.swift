import CKernels
import Testing

/// Bfloat16 numbers against plain loops.
@Suite struct BFloat16Tests {
    /// To the nearest, ties to even, by the distances to both neighbors.
    private func rounded(_ x: Float) -> UInt16 {
        if x.isNaN { return UInt16(truncatingIfNeeded: x.bitPattern >> 16) | 0x40 }
        let low = UInt16(truncatingIfNeeded: x.bitPattern >> 16)
        let rest = x.bitPattern & 0xFFFF
        if rest > 0x8000 || rest == 0x8000 && low % 2 == 1 { return low + 1 }
        return low
    }

    /// Ordinary and awkward numbers: zeros, ties both ways, the largest, subnormal, infinite, not a number.
    private let numbers: [Float] =
        [
            0, -0, 1, -1, 1.00390625, 1.01171875, 3.3895314e38, .greatestFiniteMagnitude,
            .leastNonzeroMagnitude,
            Float(bitPattern: 0x0001_2345), .infinity, -.infinity, .nan, -.nan, 0x1.FEFFFEp0,
        ] + (0..<100).map { Float($0 * 37 % 101) * 0.123 - 5 }

    private func round(_ values: [Float]) -> [UInt16] {
        var result = [UInt16](repeating: 0, count: values.count)
        lockstep_bfloat16_round(&result, values, values.count)
        return result
    }

    private func widen(_ values: [UInt16]) -> [Float] {
        var result = [Float](repeating: 0, count: values.count)
        lockstep_bfloat16_widen(&result, values, values.count)
        return result
    }

    @Test func roundsToTheNearestTiesToEven() {
        #expect(round(numbers) == numbers.map(rounded))
        #expect(round([1.00390625, 1.01171875]) == [0x3F80, 0x3F82])
    }

    @Test func widensExactly() {
        let all = (UInt16.min...UInt16.max).map { $0 }
        #expect(widen(all).map(\.bitPattern) == all.map { UInt32($0) << 16 })
    }

    @Test(arguments: [0, 1, 2, 31, 32, 33, 64, 1000]) func widensInPlace(_ count: Int) {
        let numbers = (0..<count).map { UInt16(truncatingIfNeeded: $0 * 7919 + 3) }
        var place = [Float](repeating: 0, count: count)
        place.withUnsafeMutableBytes { bytes in
            numbers.withUnsafeBytes { bytes[(2 * count)...].copyBytes(from: $0) }
        }
        lockstep_bfloat16_widen_in_place(&place, count)
        #expect(place.map(\.bitPattern) == widen(numbers).map(\.bitPattern))
    }

    @Test func addsInFloat32AndRoundsOnce() {
        let a = round(numbers.filter(\.isFinite))
        let b = Array(a.reversed())
        var sum = a
        lockstep_bfloat16_accumulate(&sum, b, a.count)
        #expect(sum == zip(widen(a), widen(b)).map { rounded($0 + $1) })
        var wide = widen(a)
        lockstep_bfloat16_accumulate_wide(&wide, b, a.count)
        #expect(wide == zip(widen(a), widen(b)).map { $0 + $1 })
    }

    @Test(arguments: [1, 63, 64, 130]) func sumsColumnsInDouble(_ columns: Int) {
        let rows = 37
        let x = round((0..<rows * columns).map { Float($0 * 31 % 97) * 0.37 - 9 })
        var sums = [Float](repeating: 0, count: columns)
        lockstep_bfloat16_column_sums(&sums, x, rows, columns)
        let wide = widen(x)
        let expected = (0..<columns).map { column in
            Float((0..<rows).reduce(0.0) { $0 + Double(wide[$1 * columns + column]) })
        }
        #expect(sums == expected)
    }

    @Test func dropsTheSameNumbersAsInFloat32() {
        let x = (0..<1003).map { Float($0 % 50) * 0.25 - 3 }
        var wide = [Float](repeating: 0, count: x.count)
        lockstep_dropout(&wide, x, x.count, 7, 8, 0x9000_0000, 1.75)
        var narrow = [UInt16](repeating: 0, count: x.count)
        lockstep_dropout_bfloat16(&narrow, round(x), x.count, 7, 8, 0x9000_0000, 1.75)
        #expect(narrow == wide.map(rounded))
        #expect(wide.contains(0) && wide.contains { $0 != 0 })
    }
}
