import LockstepContracts

/// The windows in which the held-back part of a text is evaluated.
///
/// Each token of the part is predicted and counted once. A window has C tokens, each of which predicts the next; window i begins S
/// tokens (the stride) after window i - 1. All predictions of the first window count; of other windows the last S count, which
/// have at least C - S tokens before them. With S = C, windows do not overlap. The last window begins early enough
/// to be complete; only the tokens that have not been counted yet count.
struct EvaluationWindows: Sendable {
    /// The number of tokens of a window, C.
    let context: Int
    /// The stride, S.
    let stride: Int
    /// The tokens that are predicted.
    let tokens: Range<Int>
    /// The number of windows.
    let count: Int

    /// - Parameter stride: in 1...context.
    init(tokens: Range<Int>, context: Int, stride: Int) {
        contract(
            stride >= 1 && stride <= context, "EvaluationWindows: stride \(stride) of context \(context)")
        self.tokens = tokens
        self.context = context
        self.stride = stride
        let rest = max(0, tokens.count - context)
        count = tokens.isEmpty ? 0 : 1 + (rest + stride - 1) / stride
    }

    /// The position of a window's first input, one before the first token that it predicts.
    func start(_ window: Int) -> Int {
        min(tokens.lowerBound - 1 + window * stride, tokens.upperBound - 1 - context)
    }

    /// The number of predictions at a window's beginning that do not count: they were counted before or are outside the part.
    func leftOut(_ window: Int) -> Int {
        let begin = tokens.lowerBound + (window == 0 ? 0 : context + (window - 1) * stride)
        return begin - (start(window) + 1)
    }
}
