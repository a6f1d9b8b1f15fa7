import LockstepText

extension Roofline {
    /// The number of parts in the table.
    private static let shown = 20

    /// The parts farthest from their floors, the floor of the step, and which part to look at next.
    package var table: String {
        var rows = [["roofline, rank 0", "ms", "floor", "share", "above", "bound by"]]
        for part in parts.prefix(Roofline.shown) { rows.append(row(title(part), [part], bound: part.bound)) }
        let rest = Array(parts.dropFirst(Roofline.shown))
        if !rest.isEmpty { rows.append(row("\(rest.count) other parts", rest, bound: "")) }
        rows.append(row("the whole step", parts, bound: ""))
        var text = TextTable.aligned(rows, right: true) + "\n"
        let sums = [["by kind (number)", "ms", "floor", "share", "above"]]
        text += TextTable.aligned(sums + kinds.map { row(title($0), [$0]) }, right: true) + "\n"
        let levels = bandwidth.levels.map { "\(decimals($0.bytesPerSecond * 1e-9, 1)) \($0.name)" }
        text += TextTable.aligned([
            ["peak, GFLOP/s", decimals(peak, 1)], ["bandwidth, GB/s", levels.joined(separator: ", ")],
        ])
        if let first = parts.first, first.excess > 0 {
            text +=
                "\nLook at \(title(first)) next: \(decimals(first.excess, 3)) of the \(decimals(excess, 3)) ms that "
                + "parts take above their floors.\n"
        }
        return text
    }

    private func title(_ part: Part) -> String {
        [part.name, part.place, part.direction].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func row(_ title: String, _ parts: [Part], bound: String = "") -> [String] {
        let (time, floor) = (
            parts.reduce(0) { $0 + $1.milliseconds }, parts.reduce(0) { $0 + $1.floor }
        )
        return [
            title, decimals(time, 3), decimals(floor, 3),
            floor > 0 ? decimals(floor / time * 100, 1) + "%" : "-", decimals(time - floor, 3), bound,
        ]
    }

    package var json: JSONText {
        .object([
            ("milliseconds", .number(milliseconds)), ("floor_milliseconds", .number(floor)),
            ("share_of_floor", .number(floor / milliseconds)), ("peak_gflops", .number(peak)),
            (
                "bandwidth",
                .list(
                    bandwidth.levels.map {
                        .object([
                            ("level", .text($0.name)),
                            ("gigabytes_per_second", .number($0.bytesPerSecond * 1e-9)),
                        ])
                    })
            ),
            (
                "parts",
                .list(
                    parts.map {
                        .object([
                            ("name", .text($0.name)), ("place", .text($0.place)),
                            ("direction", .text($0.direction)), ("milliseconds", .number($0.milliseconds)),
                            ("floor_milliseconds", .number($0.floor)), ("bound", .text($0.bound)),
                        ])
                    })
            ),
        ])
    }
}
