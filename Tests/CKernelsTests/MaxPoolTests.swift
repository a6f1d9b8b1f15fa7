import CKernels
import Testing

/// Maximum pooling against its definition, with NaN, infinities and equal numbers among the values.
@Suite struct MaxPoolKernelTests {
    struct Window {
        var channels: Int
        var height: Int
        var width: Int
        var kernel: (Int, Int)
        var stride: (Int, Int)
        var padding: (Int, Int)
        var rows: Int { (height + 2 * padding.0 - kernel.0) / stride.0 + 1 }
        var columns: Int { (width + 2 * padding.1 - kernel.1) / stride.1 + 1 }
    }

    private static let samples = 2
    private static let numbers: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, 1, 1, -2, 0.5, -0.25, 3, -7]

    private func values(_ count: Int, nanEvery interval: UInt32) -> [Float] {
        var state: UInt32 = 12345
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            let draw = state >> 16
            return draw % interval == 0 ? .nan : Self.numbers[1 + Int(draw / interval) % 11]
        }
    }

    /// Maximum and place of each window.
    private func plain(_ x: [Float], _ w: Window, hasReLU: Bool) -> (y: [Float], places: [Int32]) {
        var (y, places): ([Float], [Int32]) = ([], [])
        for line in 0..<Self.samples * w.rows {
            for column in 0..<w.columns {
                for channel in 0..<w.channels {
                    var best: Float?
                    var place: Int32 = 0
                    for kh in 0..<w.kernel.0 {
                        for kw in 0..<w.kernel.1 {
                            let h = line % w.rows * w.stride.0 - w.padding.0 + kh
                            let v = column * w.stride.1 - w.padding.1 + kw
                            guard 0..<w.height ~= h, 0..<w.width ~= v else { continue }
                            let value = x[
                                ((line / w.rows * w.height + h) * w.width + v) * w.channels + channel]
                            if let old = best, !(value > old || value.isNaN) { continue }
                            (best, place) = (value, Int32(kh * w.kernel.1 + kw))
                        }
                    }
                    let result = best ?? 0
                    y.append(hasReLU && result <= 0 ? 0 : result)
                    places.append(place)
                }
            }
        }
        return (y, places)
    }

    @Test(arguments: [1, 3, 15, 16, 17, 32, 40, 64, 100]) func equalsPlainLoops(_ channels: Int) {
        for (height, width, kernel, stride, padding) in [
            (4, 6, (2, 2), (2, 2), (0, 0)), (7, 6, (3, 3), (2, 2), (1, 1)), (5, 5, (3, 3), (1, 1), (1, 1)),
            (5, 7, (3, 2), (1, 2), (1, 0)), (4, 3, (4, 3), (1, 1), (2, 1)), (1, 1, (1, 1), (1, 1), (0, 0)),
        ] {
            let window = Window(
                channels: channels, height: height, width: width, kernel: kernel, stride: stride,
                padding: padding)
            for interval: UInt32 in [5, 10_000] {
                for hasReLU in [false, true] {
                    for placeBytes in [1, 4] { compare(window, interval, hasReLU, placeBytes) }
                }
            }
        }
    }

    private func compare(_ w: Window, _ interval: UInt32, _ hasReLU: Bool, _ placeBytes: Int) {
        let x = values(Self.samples * w.height * w.width * w.channels, nanEvery: interval)
        let expected = plain(x, w, hasReLU: hasReLU)
        var pool = lockstep_max_pool(
            samples: Self.samples, channels: w.channels, height: w.height, width: w.width,
            output_height: w.rows, output_width: w.columns, kernel_height: w.kernel.0,
            kernel_width: w.kernel.1, stride_h: w.stride.0, stride_w: w.stride.1, padding_h: w.padding.0,
            padding_w: w.padding.1, is_rounded: 0, place_bytes: Int32(placeBytes), has_relu: hasReLU ? 1 : 0)
        let rows = Self.samples * w.rows
        let places = expected.places.flatMap { place in
            (0..<placeBytes).map { UInt8(truncatingIfNeeded: place >> (8 * Int32($0))) }
        }
        // Whole, and in two parts in either order: a part writes nothing of the other.
        for (first, second) in [(0..<rows, 0..<0), (0..<1, 1..<rows), (1..<rows, 0..<1)] {
            var y = [Float](repeating: 77, count: expected.y.count)
            var mine = [UInt8](repeating: 77, count: expected.y.count * placeBytes)
            for part in [first, second] {
                lockstep_max_pool_rows(&y, &mine, x, &pool, part.lowerBound, part.upperBound)
            }
            #expect(zip(y, expected.y).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(w)")
            #expect(mine == places, "\(w)")
        }
        pool.is_rounded = 1
        let narrow = x.map { UInt16(truncatingIfNeeded: $0.bitPattern >> 16) }
        var y = [UInt16](repeating: 77, count: expected.y.count)
        var mine = [UInt8](repeating: 77, count: expected.y.count * placeBytes)
        lockstep_max_pool_rows(&y, &mine, narrow, &pool, 0, rows)
        let wide = y.map { Float(bitPattern: UInt32($0) << 16) }
        #expect(zip(wide, expected.y).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(w)")
        #expect(mine == places, "\(w)")
    }
}
