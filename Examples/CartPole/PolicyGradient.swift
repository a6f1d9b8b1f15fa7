import Foundation
import Lockstep

/// REINFORCE with a learned baseline: the policy learns from the episodes that it plays itself.
///
/// loss = sum over the steps of -log p(action) (G - V) + (G - V)^2 / 2, with the discounted return G and the baseline V of the
/// step's state; G - V is a constant in the first term. A step's weight is 1, whichever shard it is in.
/// Source: Williams: Simple statistical gradient-following algorithms for connectionist reinforcement learning (1992).
final class PolicyGradient: LearningTask {
    struct Configuration: TaskComponent {
        static let name = "policy_gradient"
        static let metrics = ["return"]
        static var keys: KeyTable<Self> {
            KeyTable(
                .number("discount", \.discount, .within(0..<1), "factor on the reward of each later step"))
        }
        var discount = 0.99

        func make(_ context: TaskContext) throws -> any LearningTask { try PolicyGradient(self, context) }
    }

    /// The mean return of episodes.
    struct ReturnSums: MetricSums {
        var steps = 0.0, episodes = 0.0
        mutating func merge(_ next: ReturnSums) {
            steps += next.steps
            episodes += next.episodes
        }
        var doubles: [Double] {
            get { [steps, episodes] }
            set { (steps, episodes) = (newValue[0], newValue[1]) }
        }
        var values: [MetricValue] { [MetricValue("return", steps / episodes)] }
    }

    let phases = [TrainingPhase(sums: ["return"])]
    private let configuration: Configuration
    private let seeds: Int
    private let policy: any Model
    private let baseline: any Model

    init(_ configuration: Configuration, _ context: TaskContext) throws {
        self.configuration = configuration
        seeds = try context.field("seed")
        policy = try context.model(context.scope["policy"], input: .numbers([4]), outputs: 2)
        baseline = try context.model(context.scope["baseline"], input: .numbers([4]), outputs: 1)
    }

    /// Plays the batch's n episodes side by side until the last one ends.
    /// - Parameter see: called with the states [n, 4] before each step, and once after the last; returns the n actions.
    private func play(_ batch: Batch, _ see: (Variable, [CartPoleEnvironment]) -> [Int])
        -> [CartPoleEnvironment]
    {
        let seeds = batch.tensor(seeds).int32s
        var environments = (0..<batch.count).map { CartPoleEnvironment(seed: seeds[$0]) }
        while true {
            let states = batch.tape.pool.tensor([batch.count, 4])
            for (row, environment) in environments.enumerated() {
                environment.write(to: states.floats + 4 * row)
            }
            let actions = see(batch.tape.constant(states), environments)
            guard environments.contains(where: { !$0.isOver }) else { return environments }
            for row in environments.indices where !environments[row].isOver {
                environments[row].push(actions[row])
            }
        }
    }

    func loss(_ batch: Batch, phase: Int) -> WeightedLoss {
        let (tape, n) = (batch.tape, batch.count)
        let keys = (0..<n).map { CartPoleEnvironment.key(batch.tensor(seeds).int32s[$0], layer: 1) }
        var logits: [Variable] = []
        var values: [Variable] = []
        var actions: [Int32] = []
        let environments = play(batch) { states, _ in
            let time = UInt64(logits.count)
            logits.append(policy(states))
            values.append(baseline(states))
            let scores = logits.last!.value.floats
            let chosen = (0..<n).map { row in
                let right = 1 / (1 + exp(Double(scores[2 * row]) - Double(scores[2 * row + 1])))
                return Double(keys[row].uniform(time)) < right ? 1 : 0
            }
            actions += chosen.map(Int32.init)
            return chosen
        }
        batch.record(0, sum: Double(environments.reduce(0) { $0 + $1.steps }))

        // Rows are (step, episode). Returns are in units of the largest one, 1 / (1 - discount), so that they are below 1.
        let rows = logits.count * n
        let (returns, mask) = (tape.pool.tensor([rows, 1]), tape.pool.tensor([rows, 1]))
        returns.fillWithZeros()
        mask.fillWithZeros()
        let advantages = tape.pool.tensor([rows, 1])
        advantages.fillWithZeros()
        for (episode, environment) in environments.enumerated() {
            // An episode that was cut off would have gone on: the baseline says how.
            var next = environment.hasFallen ? 0 : Double(values[environment.steps].value.floats[episode])
            for step in (0..<environment.steps).reversed() {
                let row = step * n + episode
                next = (1 - configuration.discount) + configuration.discount * next
                returns.floats[row] = Float(next)
                mask.floats[row] = 1
                advantages.floats[row] = Float(next) - values[step].value.floats[episode]
            }
        }
        let chosen = gather(
            logSoftmax(concatenate(logits, axis: 0)), Tensor(actions, shape: [rows, 1]), axis: 1)
        let errors = (concatenate(values, axis: 0) - tape.constant(returns)) * tape.constant(mask)
        let total = 0.5 * sum(square(errors)) - sum(chosen * tape.constant(advantages))
        return WeightedLoss(sum: total, weight: Double(environments.reduce(0) { $0 + $1.steps }))
    }

    /// Plays with the most probable actions.
    private func returns(_ batch: Batch) -> [Double] {
        play(batch) { states, _ in
            let scores = policy(states).value.floats
            return (0..<batch.count).map { scores[2 * $0 + 1] > scores[2 * $0] ? 1 : 0 }
        }.map { Double($0.steps) }
    }

    func makeSums(_ request: MetricRequest) -> ReturnSums { ReturnSums() }

    func evaluate(_ batch: Batch, into sums: inout ReturnSums) {
        sums.merge(ReturnSums(steps: returns(batch).reduce(0, +), episodes: Double(batch.count)))
    }

    func predict(_ batch: Batch) -> [PredictedField] { [PredictedField("return", numbers: returns(batch))] }
}
