/// A place in a drawing, in pixels from the top left corner.
public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double

    public init(_ x: Double, _ y: Double) {
        self.x = x
        self.y = y
    }
}

/// An upright rectangle in a drawing, in pixels.
public struct Box: Sendable, Equatable {
    public var x: Double
    public var y: Double
    public var width: Double
    public var height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    var right: Double { x + width }
    var bottom: Double { y + height }
}

/// What a picture consists of, in the order in which it is painted. Writers turn it into a format.
public struct Drawing: Sendable, Equatable {
    /// Where a text is relative to its place.
    public enum Anchor: String, Sendable {
        case start, middle, end
    }

    /// How a line looks.
    public struct Stroke: Sendable, Equatable {
        public var ink: Ink
        /// The width in pixels.
        public var width: Double
        /// Lengths of dashes and gaps in pixels; empty for a whole line.
        public var dashes: [Double]
        public var opacity: Double

        public init(_ ink: Ink, width: Double = 1, dashes: [Double] = [], opacity: Double = 1) {
            self.ink = ink
            self.width = width
            self.dashes = dashes
            self.opacity = opacity
        }
    }

    /// How a text looks.
    public struct Font: Sendable, Equatable {
        public var size: Double
        public var ink: Ink
        public var isBold: Bool

        public init(_ size: Double, _ ink: Ink = .text, bold: Bool = false) {
            self.size = size
            self.ink = ink
            isBold = bold
        }
    }

    enum Item: Sendable, Equatable {
        case path([Point], Stroke)
        case fill(Box, Ink, opacity: Double)
        case dot(Point, radius: Double, Ink)
        case text(String, Point, Font, Anchor, isVertical: Bool)
    }

    /// The size in pixels.
    public let width: Double
    public let height: Double
    /// What the picture shows, for readers who cannot see it.
    public let title: String
    private(set) var items: [Item] = []

    /// An empty picture.
    public init(width: Double, height: Double, title: String) {
        self.width = width
        self.height = height
        self.title = title
    }

    /// A line through points.
    public mutating func path(_ points: [Point], _ stroke: Stroke) {
        if !points.isEmpty { items.append(.path(points, stroke)) }
    }

    /// A filled rectangle.
    public mutating func fill(_ box: Box, _ ink: Ink, opacity: Double = 1) {
        items.append(.fill(box, ink, opacity: opacity))
    }

    /// A filled circle.
    public mutating func dot(_ place: Point, radius: Double, _ ink: Ink) {
        items.append(.dot(place, radius: radius, ink))
    }

    /// A text whose baseline is at a place; a vertical one reads from the bottom to the top.
    public mutating func text(
        _ text: String, at place: Point, _ font: Font, _ anchor: Anchor = .start, vertical: Bool = false
    ) {
        items.append(.text(text, place, font, anchor, isVertical: vertical))
    }
}
