import Foundation
import LockstepAutograd
import LockstepTensors

/// The bandwidths of this processor's caches and memory, as one thread sees them.
package struct CacheBandwidth {
    /// A level that holds working sets of up to a size.
    package struct Level {
        /// `L1`, `L2`, ... or `memory`.
        package let name: String
        /// The size in bytes; infinite for memory.
        package let capacity: Double
        /// Bytes per second, read and written.
        package let bytesPerSecond: Double

        package init(name: String, capacity: Double, bytesPerSecond: Double) {
            self.name = name
            self.capacity = capacity
            self.bytesPerSecond = bytesPerSecond
        }
    }

    /// From the smallest to memory.
    package let levels: [Level]

    package init(levels: [Level]) { self.levels = levels }

    /// The level that a working set fits.
    /// - Parameter byteCount: its size in bytes.
    package func level(for byteCount: Double) -> Level {
        levels.first { byteCount <= $0.capacity } ?? levels[levels.count - 1]
    }

    /// Adds one array to another with working sets of three quarters of every cache, and one of four times the last cache.
    /// - Parameters:
    ///   - clock: the time in nanoseconds.
    ///   - align: called before each size, so that all ranks measure at once.
    package static func measure(clock: () -> UInt64, align: () throws -> Void) rethrows -> CacheBandwidth {
        let caches = sizes()
        var levels: [Level] = []
        for (index, cache) in caches.enumerated() {
            try align()
            levels.append(
                Level(
                    name: "L\(index + 1)", capacity: cache,
                    bytesPerSecond: speed(workingSet: cache * 0.75, clock: clock)))
        }
        try align()
        let large = min(max((caches.last ?? 0) * 4, 64e6), 1e9)
        levels.append(
            Level(
                name: "memory", capacity: .infinity, bytesPerSecond: speed(workingSet: large, clock: clock)))
        // A slower level inside a faster one cannot be: the measurement was disturbed.
        for index in stride(from: levels.count - 2, through: 0, by: -1)
        where levels[index].bytesPerSecond < levels[index + 1].bytesPerSecond {
            levels[index] = Level(
                name: levels[index].name, capacity: levels[index].capacity,
                bytesPerSecond: levels[index + 1].bytesPerSecond)
        }
        return CacheBandwidth(levels: levels)
    }

    /// The best of several additions, each of which moves three numbers for every sum.
    private static func speed(workingSet: Double, clock: () -> UInt64) -> Double {
        let count = max(1024, Int(workingSet) / 8)
        let (a, b) = (Tensor(zeros: Shape(count)), Tensor(zeros: Shape(count)))
        let passes = max(1, 8_000_000 / count)
        var best = 0.0
        for _ in 0..<7 {
            let start = clock()
            for _ in 0..<passes { a.accumulate(b) }
            best = max(best, Double(12 * count * passes) / (Double(clock() - start) * 1e-9))
        }
        return best
    }

    /// The sizes in bytes of the data caches, from the first level on; common ones if the system does not say.
    private static func sizes() -> [Double] {
        let folder = "/sys/devices/system/cpu/cpu0/cache/"
        func text(_ index: Int, _ name: String) -> String? {
            (try? String(contentsOfFile: "\(folder)index\(index)/\(name)", encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        var found: [Double] = []
        for index in 0..<8 {
            guard let type = text(index, "type"), type != "Instruction", let size = text(index, "size"),
                let number = Double(size.prefix { $0.isNumber })
            else { continue }
            found.append(number * (size.hasSuffix("M") ? 1_048_576 : size.hasSuffix("K") ? 1024 : 1))
        }
        return found.isEmpty ? [32_768, 524_288, 16_777_216] : found.sorted()
    }
}
