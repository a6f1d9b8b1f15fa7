extension ValueFormat<Int> {
    private static var units: [(name: String, factor: Double)] {
        [
            ("KiB", 0x1p10), ("MiB", 0x1p20), ("GiB", 0x1p30), ("TiB", 0x1p40), ("kB", 1e3), ("MB", 1e6),
            ("GB", 1e9), ("TB", 1e12), ("B", 1),
        ]
    }

    /// A number of bytes, written as a number or as a text such as `2 GiB`.
    static func size(_ legal: LegalRange<Int>) -> Self {
        let what = "a size\(legal.words) bytes, such as 512 MiB or 2 GiB"
        return Self(
            what, example: 1 << 30, effective: { .plain(text($0)) },
            check: { place, value, written in
                guard legal.contains(value) else {
                    throw place.section.error(
                        .illegalValue, place.key, "must be \(what); got \(written ?? text(value))")
                }
            },
            parse: { place, node in
                guard case .scalar(let text, _) = node.content, let size = bytes(text) else {
                    throw place.section.illegal(.wrongType, place.key, node, what)
                }
                return size
            })
    }

    private static func bytes(_ text: String) -> Int? {
        let unit = units.first { text.hasSuffix($0.name) }
        var digits = text.dropLast(unit?.name.count ?? 0)
        while digits.last == " " { digits = digits.dropLast() }
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }),
            let number = Double(digits.filter { $0 != "_" })
        else { return nil }
        let size = (number * (unit?.factor ?? 1)).rounded()
        return size < 0x1p62 ? Int(size) : nil
    }

    /// A size as a whole number of the largest possible unit.
    private static func text(_ size: Int) -> String {
        let unit = units.prefix(4).reversed().first { size > 0 && size % Int($0.factor) == 0 }
        return unit.map { "\(size / Int($0.factor)) \($0.name)" } ?? "\(size)"
    }
}

extension KeyTable.Key {
    /// A number of bytes, or nil, which is written as the word `absent`.
    public static func optionalSize(
        _ name: String, _ path: WritableKeyPath<Value, Int?>, _ legal: LegalRange<Int>, _ meaning: String,
        absent: String = "none"
    ) -> Self {
        Self(path, .initial) { section, value in
            try section.value(name, meaning, default: value, ValueFormat<Int>.size(legal).optional(absent))
        }
    }
}
