import Foundation

/// The log-odds ln(p / (1 - p)) of the classes of one sample, where p is the softmax of its logits.
///
/// They rank samples as the probabilities do. Logits do not: adding a constant to all logits of a sample
/// changes no probability. Unlike probabilities they do not become equal by rounding when p is nearly 1.
/// Logits with the same differences in another order give the same bits, so that equal probabilities give
/// equal values.
package struct LogOdds {
    /// The class of the largest logit, the first of equals.
    private let best: Int
    /// The largest logit.
    private let highest: Double
    /// The sum of exp(x - highest) over all classes.
    private let sum: Double
    /// The log-odds of the best class.
    private let ofBest: Double

    /// - Parameter logits: at least two, none of them NaN.
    package init(_ logits: UnsafeBufferPointer<Float>) {
        let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
        // From the smallest to the largest, so that the result does not depend on the order of the classes.
        let others = logits.indices.filter { $0 != best }.map { Double(logits[$0]) }.sorted()
        let highest = Double(logits[best])
        let second = others.last ?? highest
        self.best = best
        self.highest = highest
        sum = others.reduce(0) { $0 + exp(Self.difference($1, highest)) } + 1
        ofBest =
            Self.difference(highest, second) - log(others.reduce(0) { $0 + exp(Self.difference($1, second)) })
    }

    /// The log-odds of a class. - Parameter logit: the logit of that class.
    package func ofClass(_ label: Int, logit: Float) -> Double {
        if label == best { return ofBest }
        // The class has at most half of the sum, so the difference is accurate.
        let distance = Self.difference(Double(logit), highest)
        return distance - log(sum - exp(distance))
    }

    /// a - b, where the difference of equal infinities is 0.
    private static func difference(_ a: Double, _ b: Double) -> Double { a == b ? 0 : a - b }
}
