/// The width of a text, for layout without a font library.
///
/// Estimated with the widths of DejaVu Sans, one of the widest fonts that a viewer may choose, so that a text takes
/// at most the place that it gets.
enum TextWidth {
    /// The width in pixels.
    static func of(_ text: String, size: Double, bold: Bool = false) -> Double {
        text.unicodeScalars.reduce(0) { $0 + width($1) } * size * (bold ? 1.1 : 1)
    }

    private static func width(_ scalar: Unicode.Scalar) -> Double {
        switch scalar {
        case "i", "j", "l", ".", ",", ":", ";", "'", "|", " ": 0.32
        case "f", "t", "r", "(", ")", "[", "]", "/", "-", "!": 0.4
        case "m", "w", "M", "W", "@", "%", "→": 0.97
        case "0"..."9": 0.64
        case "A"..."Z", "_": 0.7
        case "⁰"..."⁹", "⁻", "¹", "²", "³": 0.42
        case "a"..."z": 0.62
        default: scalar.value < 0x1100 ? 0.7 : 1
        }
    }

    /// A text that is no wider than `width`, shortened in the middle where it must be.
    static func fit(_ text: String, width: Double, size: Double) -> String {
        guard of(text, size: size) > width else { return text }
        var kept = Array(text)
        while kept.count > 2 {
            kept.remove(at: kept.count / 2)
            var short = kept
            short.insert("…", at: kept.count / 2)
            if of(String(short), size: size) <= width { return String(short) }
        }
        return String(kept)
    }
}
