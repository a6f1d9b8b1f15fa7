import Foundation
import LockstepContracts
import LockstepTasks
import LockstepTensors

/// How the next token is chosen from a language model's logits.
public struct TokenSampling: Sendable, Equatable {
    /// What logits are divided by: below 1 likely tokens become likelier still; above 1 the choice gets freer.
    public var temperature: Double
    /// Only this many of the likeliest tokens are drawn from; nil for all.
    public var topK: Int?
    /// Only the likeliest tokens whose probabilities together reach this are drawn from; nil for all.
    /// Source: Holtzman et al. 2020 (nucleus sampling).
    public var topP: Double?
    /// Whether the likeliest token is always taken (of equal ones the first): nothing is drawn then.
    public var isGreedy: Bool
    /// The source of the draws: equal seeds give equal texts.
    public var seed: UInt64

    /// A way to choose.
    public init(
        temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, isGreedy: Bool = false,
        seed: UInt64 = 1
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.isGreedy = isGreedy
        self.seed = seed
    }

    /// Checks every value.
    public func validate() throws(TrainingError) {
        guard temperature > 0, temperature.isFinite else {
            throw .model(
                "--temperature must be above 0; got \(temperature). For the likeliest token use --greedy")
        }
        if let topK, topK < 1 { throw .model("--top-k must be 1 or more; got \(topK)") }
        if let topP, !(topP > 0 && topP <= 1) {
            throw .model("--top-p must be above 0 and at most 1; got \(topP)")
        }
    }

    /// The next token.
    /// - Parameters:
    ///   - logits: [vocabulary].
    ///   - number: of the token that is chosen, counted from 0: it keys the draw.
    /// - Throws: `TrainingError.outputs` when a logit is infinite or not a number.
    package func choose(_ logits: [Float], number: Int) throws(TrainingError) -> Int {
        contract(!logits.isEmpty, "TokenSampling: no logits")
        if let token = logits.firstIndex(where: { !$0.isFinite }) {
            throw .outputs(
                "the model's logit of token \(token) for token \(number) of the text is \(logits[token]), and nothing can be "
                    + "chosen from that: the parameters are useless, most likely because training diverged. "
                    + "Give an earlier checkpoint")
        }
        // Likeliest first; of equal ones the smaller token, so that the order never depends on the sort.
        let order = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
        let likeliest = order[0]
        if isGreedy { return likeliest }
        var kept = Array(order.prefix(topK ?? order.count))
        var weights = kept.map { exp((Double(logits[$0]) - Double(logits[likeliest])) / temperature) }
        if let topP {
            let goal = topP * weights.reduce(0, +)
            var sum = 0.0
            var count = 0
            while count < weights.count, sum < goal {
                sum += weights[count]
                count += 1
            }
            kept = Array(kept.prefix(count))
            weights = Array(weights.prefix(count))
        }
        let key = RandomKey(seed: seed, purpose: .generation)
        var rest = Double(key.uniform(UInt64(number))) * weights.reduce(0, +)
        for (token, weight) in zip(kept.dropLast(), weights) {
            rest -= weight
            if rest < 0 { return token }
        }
        // What rounding leaves over belongs to the last one.
        return kept[kept.count - 1]
    }
}
