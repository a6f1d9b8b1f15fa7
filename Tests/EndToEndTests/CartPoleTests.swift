import CartPole
import Foundation
import Testing

/// The example of reinforcement learning.
@Suite(.serialized) struct CartPoleTests {
    /// Episodes of Gymnasium's CartPole-v1 (scripts/fixtures/cart_pole.py).
    private struct Golden: Decodable {
        struct Episode: Decodable {
            var start: [Double]
            var actions: [Int]
            var states: [Double]
            var terminated: Bool
            var truncated: Bool
        }
        var episodes: [Episode]
    }

    /// In long episodes each step starts at Gymnasium's state: the pole is unstable, and without a controller that reacts to it a
    /// rounding of 1e-16 in the sine grows to 1e-2 in ten seconds.
    @Test func theEnvironmentIsGymnasiums() throws {
        let file = CommandRunner.repository.appendingPathComponent(
            "Tests/Fixtures/environments/cart_pole.json")
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
        #expect(golden.episodes.reduce(0) { $0 + $1.actions.count } == 1000)
        #expect(golden.episodes.contains { $0.truncated } && golden.episodes.contains { $0.terminated })
        var largest = 0.0
        for episode in golden.episodes {
            var environment = CartPoleEnvironment(
                position: episode.start[0], speed: episode.start[1], angle: episode.start[2],
                angularSpeed: episode.start[3])
            for (step, action) in episode.actions.enumerated() {
                #expect(!environment.isOver)
                environment.push(action)
                let state = [
                    environment.position, environment.speed, environment.angle, environment.angularSpeed,
                ]
                let theirs = Array(episode.states[4 * step..<4 * step + 4])
                for (mine, golden) in zip(state, theirs) { largest = max(largest, abs(mine - golden)) }
                guard episode.actions.count > 100 else { continue }
                (environment.position, environment.speed) = (theirs[0], theirs[1])
                (environment.angle, environment.angularSpeed) = (theirs[2], theirs[3])
            }
            #expect(environment.hasFallen == episode.terminated)
            #expect((environment.isOver && !environment.hasFallen) == episode.truncated)
        }
        #expect(largest < 1e-6)
    }

    @Test func sameBitsOnAnyNumberOfRanksAndAfterAResume() throws {
        let settings = [
            "max_steps=8", "batch=16", "data.episodes.test=10", "evaluation_block=3", "log_every_steps=2",
        ]
        let run = ExampleRun("CartPole", "cart-pole.yaml", settings)
        #expect(try run.differences(TemporaryDirectory(), stopAfter: 3) == [])
    }

    @Test(arguments: CommandRunner.runsAll ? [1, 2, 3, 4, 5] : [1]) func learnsToBalance(_ seed: Int) throws {
        let directory = try TemporaryDirectory()
        let run = ExampleRun("CartPole", "cart-pole.yaml", ["seed=\(seed)"])
        let trained = try run.train(ranks: 2, directory.path("run"))
        #expect(trained.status == 0, "\(trained.tail)")
        let mean = try #require(try ExampleRun.summary("test_return", directory.path("run")))
        #expect(mean >= 475)

        let file = directory.path("returns.csv")
        let predicted = try run.run(["predict", directory.path("run"), "--output", file])
        #expect(predicted.status == 0, "\(predicted.tail)")
        let returns = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst()
            .compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
        #expect(returns.count == 100)
        #expect(abs(returns.reduce(0, +) / 100 - mean) < 1e-9)
    }
}
