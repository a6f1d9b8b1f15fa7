import Foundation

/// The log-odds ln(p / (1 - p)) of the classes of one sample, p being the softmax of its logits.
///
/// They order samples as the probabilities do, which logits do not: what is added to all logits of a sample changes no
/// probability. Other than probabilities they do not become equal by rounding where p is nearly 1. Logits whose differences are the
/// same in another order give the same bits, so that equal probabilities stay equal.
struct LogOdds {
    /// The class of the largest logit, the first of equals.
    private let best: Int
    /// The largest logit.
    private let highest: Double
    /// The sum of exp(x - highest) over all classes.
    private let sum: Double
    /// The log-odds of the best class.
    private let ofBest: Double

    /// - Parameter logits: at least two, none of them nan.
    init(_ logits: UnsafeBufferPointer<Float>) {
        let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
        // From the smallest to the largest: the order of the classes must not change a bit.
        let others = logits.indices.filter { $0 != best }.map { Double(logits[$0]) }.sorted()
        let highest = Double(logits[best])
        let second = others.last ?? highest
        self.best = best
        self.highest = highest
        sum = others.reduce(0) { $0 + exp(Self.difference($1, highest)) } + 1
        ofBest =
            Self.difference(highest, second) - log(others.reduce(0) { $0 + exp(Self.difference($1, second)) })
    }

    /// The log-odds of a class. - Parameter logit: that of the class.
    func ofClass(_ label: Int, logit: Float) -> Double {
        if label == best { return ofBest }
        // The class has at most half of the sum: the difference loses nothing.
        let distance = Self.difference(Double(logit), highest)
        return distance - log(sum - exp(distance))
    }

    /// a - b, where infinity is as far from itself as any number is.
    private static func difference(_ a: Double, _ b: Double) -> Double { a == b ? 0 : a - b }
}
