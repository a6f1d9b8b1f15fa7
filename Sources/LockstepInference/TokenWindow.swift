/// Which tokens of a growing text a model sees: at most `context`, up to the last one.
///
/// Within the context it sees all of them. Beyond it the window advances by several tokens at once: what a model keeps
/// of a token depends on all tokens before it, and has to be computed again whenever the window moves.
package struct TokenWindow: Sendable {
    /// The largest number of tokens.
    package let context: Int
    /// By how many tokens the window moves.
    package let advance: Int

    /// A window; `advance` is at most the context.
    package init(context: Int, advance: Int) {
        self.context = context
        self.advance = min(max(1, advance), context)
    }

    /// The first token that is seen of a text of `count` tokens.
    package func start(of count: Int) -> Int {
        (max(0, count - context) + advance - 1) / advance * advance
    }
}
