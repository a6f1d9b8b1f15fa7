import LockstepContracts

/// The windows in which the part of a text that is held back is evaluated.
///
/// Each of its tokens is predicted and counted once. A window is C tokens that predict the next ones; window i begins S
/// tokens (the stride) after window i - 1. Of the first window all predictions count, of every other one the last S, which
/// have at least C - S tokens before them. With S = C windows do not overlap. The last window reaches back as far as
/// needed to be whole; of it count the tokens that had no turn yet.
struct EvaluationWindows: Sendable {
    /// The number of tokens of a window, C.
    let context: Int
    /// How far each window moves on, S.
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

    /// Where a window starts: the place of its first input, one before the first token that it predicts.
    func start(_ window: Int) -> Int {
        min(tokens.lowerBound - 1 + window * stride, tokens.upperBound - 1 - context)
    }

    /// How many of a window's predictions are not counted: those at its beginning, which had their turn or are not asked for.
    func leftOut(_ window: Int) -> Int {
        let begin = tokens.lowerBound + (window == 0 ? 0 : context + (window - 1) * stride)
        return begin - (start(window) + 1)
    }
}
