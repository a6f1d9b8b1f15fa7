import LockstepText

/// Writes a drawing as SVG. Equal drawings give equal bytes: there is neither a time nor a version in them.
///
/// Source: W3C: Scalable Vector Graphics (SVG) 1.1, 2nd edition.
public struct SVGWriter: Sendable {
    /// Where the colors come from.
    public enum Theme: Sendable {
        /// Fixed colors on white paper: for a file.
        case paper
        /// The CSS variables of the page that the picture stands in.
        case page
    }

    private let theme: Theme
    private var text = TextBuffer()

    private init(_ theme: Theme) { self.theme = theme }

    /// The picture as a document, or as an element of a page.
    public static func text(_ drawing: Drawing, theme: Theme = .paper) -> String {
        var writer = SVGWriter(theme)
        writer.write(drawing)
        return String(decoding: writer.text.bytes, as: UTF8.self)
    }

    private mutating func write(_ drawing: Drawing) {
        let (width, height) = (Self.number(drawing.width), Self.number(drawing.height))
        text.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\"")
        if case .paper = theme { text.append(" width=\"\(width)\" height=\"\(height)\"") }
        text.append(" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" role=\"img\">\n")
        text.append("<title>\(Self.escaped(drawing.title))</title>\n")
        if case .paper = theme {
            element("rect", "width=\"\(width)\" height=\"\(height)\" fill=\"\(color(.paper))\"")
        }
        for item in drawing.items { write(item) }
        text.append("</svg>\n")
    }

    private mutating func write(_ item: Drawing.Item) {
        switch item {
        case .path(let points, let stroke):
            var data = ""
            for (index, point) in points.enumerated() {
                data += "\(index == 0 ? "M" : "L")\(Self.number(point.x)) \(Self.number(point.y))"
            }
            element(
                "path",
                "d=\"\(data)\" fill=\"none\" stroke=\"\(color(stroke.ink))\" stroke-width=\"\(Self.number(stroke.width))\""
                    + (stroke.dashes.isEmpty
                        ? ""
                        : " stroke-dasharray=\"\(stroke.dashes.map(Self.number).joined(separator: " "))\"")
                    + (stroke.opacity < 1 ? " stroke-opacity=\"\(Self.number(stroke.opacity))\"" : "")
                    + " stroke-linejoin=\"round\"")
        case .fill(let box, let ink, let opacity):
            element(
                "rect",
                "x=\"\(Self.number(box.x))\" y=\"\(Self.number(box.y))\" width=\"\(Self.number(box.width))\" "
                    + "height=\"\(Self.number(box.height))\" fill=\"\(color(ink))\""
                    + (opacity < 1 ? " fill-opacity=\"\(Self.number(opacity))\"" : ""))
        case .dot(let place, let radius, let ink):
            element(
                "circle",
                "cx=\"\(Self.number(place.x))\" cy=\"\(Self.number(place.y))\" r=\"\(Self.number(radius))\" "
                    + "fill=\"\(color(ink))\"")
        case .text(let words, let place, let font, let anchor, let isVertical):
            let (x, y) = (Self.number(place.x), Self.number(place.y))
            text.append("<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(Self.number(font.size))\"")
            text.append(" fill=\"\(color(font.ink))\"")
            if font.isBold { text.append(" font-weight=\"bold\"") }
            if anchor != .start { text.append(" text-anchor=\"\(anchor.rawValue)\"") }
            if isVertical { text.append(" transform=\"rotate(-90 \(x) \(y))\"") }
            text.append(">\(Self.escaped(words))</text>\n")
        }
    }

    private mutating func element(_ name: StaticString, _ attributes: String) {
        text.append("<")
        text.append(name)
        text.append(" \(attributes)/>\n")
    }

    private func color(_ ink: Ink) -> String {
        switch theme {
        case .paper: ink.light
        case .page: "var(\(ink.variable))"
        }
    }

    /// A coordinate with at most two digits after the point.
    private static func number(_ value: Double) -> String {
        let hundredths = (value.isFinite ? max(-1e9, min(1e9, value * 100)) : 0).rounded()
        if hundredths.truncatingRemainder(dividingBy: 100) == 0 { return "\(Int(hundredths / 100))" }
        var buffer = TextBuffer()
        buffer.append(exact: hundredths / 100)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// A text as the content of an XML element, without control characters, which XML cannot hold.
    public static func escaped(_ text: String) -> String { markup(text.printable) }

    /// The same for a text of several lines.
    public static func escaped(lines text: String) -> String { markup(text.printableLines) }

    private static func markup(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
