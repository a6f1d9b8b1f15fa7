import LockstepText

/// The parts of a step with their floors: how long each must take at least on this processor.
///
/// The floor of an operation is the larger of two times: its products at the measured peak of large matrix products, and the
/// bytes that it must move at the measured bandwidth of the cache that they fit. Source: Williams, Waterman, Patterson:
/// Roofline (Communications of the ACM 52, 2009).
package struct Roofline {
    /// A part of a step on one rank.
    package struct Part {
        /// The operation, or the phase of a step.
        package let name: String
        /// Its place in the model; empty for phases.
        package let place: String
        /// `forward`, `backward`, or empty.
        package let direction: String
        /// The median time per step, in milliseconds.
        package let milliseconds: Double
        /// The floor per step, in milliseconds; 0 for what need not be.
        package let floor: Double
        /// What the floor comes from: `products`, or the level of memory.
        package let bound: String

        /// The time above the floor, in milliseconds.
        package var excess: Double { milliseconds - floor }
    }

    /// The parts with the longest time above their floors first.
    package let parts: [Part]
    /// The peak in 10^9 floating-point operations per second.
    package let peak: Double
    package let bandwidth: CacheBandwidth

    /// The sum of all floors, in milliseconds.
    package var floor: Double { parts.reduce(0) { $0 + $1.floor } }
    /// The time of the parts that are above their floors, above them, in milliseconds.
    package var excess: Double { parts.reduce(0) { $0 + max(0, $1.excess) } }
    /// The sum of all times, in milliseconds.
    package var milliseconds: Double { parts.reduce(0) { $0 + $1.milliseconds } }

    /// - Parameters:
    ///   - operations: the operations of the passes.
    ///   - phases: the other phases of a step, with their times in milliseconds and the bytes that they move.
    ///   - steps: the number of measured steps.
    ///   - peak: 10^9 floating-point operations per second.
    package init(
        _ operations: [OperationTimes.Sums],
        phases: [(name: String, milliseconds: Double, byteCount: Double)], steps: Int, peak: Double,
        bandwidth: CacheBandwidth
    ) {
        self.peak = peak
        self.bandwidth = bandwidth
        func time(_ byteCount: Double, _ level: CacheBandwidth.Level) -> Double {
            byteCount / level.bytesPerSecond * 1000
        }
        var parts = operations.filter { $0.executions > 0 }.map { sums in
            let level = bandwidth.level(for: sums.byteCount / Double(sums.executions))
            let products = sums.operations / Double(steps) / (peak * 1e9) * 1000
            let bytes = time(sums.byteCount / Double(steps), level)
            return Part(
                name: sums.name, place: sums.place, direction: sums.isBackward ? "backward" : "forward",
                milliseconds: Quartiles(sums.nanoseconds.map { Double($0) * 1e-6 }).median,
                floor: max(products, bytes), bound: bound(products, bytes, level))
        }
        for phase in phases {
            let level = bandwidth.level(for: phase.byteCount)
            parts.append(
                Part(
                    name: phase.name, place: "", direction: "", milliseconds: phase.milliseconds,
                    floor: time(phase.byteCount, level), bound: phase.byteCount > 0 ? level.name : ""))
        }
        self.parts = parts.sorted { $0.excess > $1.excess }
    }

    /// The sums of the parts of each operation and direction, those with the longest time above their floors first.
    package var kinds: [Part] {
        Dictionary(grouping: parts) { [$0.name, $0.direction] }.map { key, parts in
            Part(
                name: key[0], place: parts.count == 1 ? "" : "(\(parts.count))", direction: key[1],
                milliseconds: parts.reduce(0) { $0 + $1.milliseconds },
                floor: parts.reduce(0) { $0 + $1.floor }, bound: "")
        }
        .sorted { ($0.excess, $1.name) > ($1.excess, $0.name) }
    }
}

/// What decides a floor.
private func bound(_ products: Double, _ bytes: Double, _ level: CacheBandwidth.Level) -> String {
    if products == 0, bytes == 0 { return "" }
    return products >= bytes ? "products" : level.name
}
