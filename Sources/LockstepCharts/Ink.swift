/// A color by its meaning; a theme decides what it looks like.
public enum Ink: Sendable, Equatable {
    /// What is written on.
    case paper
    /// Titles and numbers.
    case text
    /// Names of axes, reference lines.
    case muted
    /// Lines behind the curves.
    case grid
    /// A curve, by its number.
    case series(Int)

    /// Seven colors that people with any kind of color vision can tell apart, without the yellow, which is too light for a
    /// line on white.
    ///
    /// Source: Okabe and Ito, Color Universal Design, 2008.
    static let palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
    /// The same, light enough for a dark page.
    static let darkPalette = ["#4aa8e0", "#f07f2e", "#2ec49a", "#e09cc4", "#f0b73c", "#8fd0f5", "#e6e6e6"]

    /// How dashes tell curves apart when there are more curves than colors.
    static func dashes(ofSeries number: Int) -> [Double] {
        let patterns: [[Double]] = [[], [6, 3], [2, 2], [8, 3, 2, 3]]
        return patterns[number / palette.count % patterns.count]
    }

    /// The name of the CSS variable of a page.
    var variable: String {
        switch self {
        case .paper: "--paper"
        case .text: "--text"
        case .muted: "--muted"
        case .grid: "--grid"
        case .series(let number): "--series-\(number % Ink.palette.count)"
        }
    }

    /// The color on white paper.
    var light: String {
        switch self {
        case .paper: "#ffffff"
        case .text: "#1f2328"
        case .muted: "#59636e"
        case .grid: "#dfe3e8"
        case .series(let number): Ink.palette[number % Ink.palette.count]
        }
    }

    /// The color on a dark page.
    var dark: String {
        switch self {
        case .paper: "#14171a"
        case .text: "#e8eaed"
        case .muted: "#a2abb5"
        case .grid: "#31363c"
        case .series(let number): Ink.darkPalette[number % Ink.darkPalette.count]
        }
    }

    private static let all: [Ink] =
        [.paper, .text, .muted, .grid] + palette.indices.map { Ink.series($0) }

    /// The declarations of a page's CSS variables on light paper.
    public static var lightVariables: String { all.map { "\($0.variable):\($0.light);" }.joined() }

    /// The same on a dark page.
    public static var darkVariables: String { all.map { "\($0.variable):\($0.dark);" }.joined() }
}
