import LockstepExperiment
import Testing

/// Patterns for names of parameters.
@Suite struct ParameterPatternTests {
    private static let names = ["stem.weight", "blocks.0.norm.bias", "blocks.0.weight", "blocks.10.weight"]

    @Test(arguments: [
        ("blocks.0.weight", [2]), ("blocks.0", [1, 2]), ("blocks.0.*", [1, 2]), ("blocks.*", [1, 2, 3]),
        ("*", [0, 1, 2, 3]), ("*.bias", [1]), ("*.weight", [0, 2, 3]), ("blocks.*.weight", [2, 3]),
        ("blocks.*0", [1, 2, 3]), ("*norm*", [1]), ("b*.1*.w*t", [3]), ("**", [0, 1, 2, 3]),
        // A scope is a whole component; an end must not overlap a beginning.
        ("block", []), ("blocks.1", []), ("blocks.0.weight*weight", []), ("", []),
    ]) func fits(_ text: String, _ expected: [Int]) {
        let pattern = ParameterPattern(text)
        #expect(Self.names.indices.filter { pattern.fits(Self.names[$0]) } == expected)
        #expect((pattern.problem(among: Self.names) == nil) == !expected.isEmpty)
    }

    @Test func theNearestNameIsGiven() {
        #expect(
            ParameterPattern("block.0").problem(among: Self.names)
                == "no parameter or scope is named 'block.0'; did you mean 'blocks.0'?")
    }
}
