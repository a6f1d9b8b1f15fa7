import Foundation
import Lockstep

/// Gymnasium's CartPole-v1: a pole on a cart that is pushed to the left or to the right at each step.
///
/// Source: Barto, Sutton, Anderson: Neuronlike adaptive elements that can solve difficult learning control problems (1983);
/// constants and Euler's method as in Gymnasium.
package struct CartPoleEnvironment {
    /// An episode ends after this many steps, if the pole has not fallen before.
    package static let longest = 500

    /// The position of the cart in metres and its speed; the angle of the pole in radians and its speed.
    package var position: Double, speed: Double, angle: Double, angularSpeed: Double
    /// The steps so far: the return, since each step's reward is 1.
    package private(set) var steps = 0

    /// An environment in a given state.
    package init(position: Double, speed: Double, angle: Double, angularSpeed: Double) {
        (self.position, self.speed) = (position, speed)
        (self.angle, self.angularSpeed) = (angle, angularSpeed)
    }

    /// An environment whose initial state, four numbers in [-0.05, 0.05), follows from a seed.
    init(seed: Int32) {
        let key = Self.key(seed, layer: 0)
        let start = (0..<4).map { 0.1 * Double(key.uniform($0)) - 0.05 }
        self.init(position: start[0], speed: start[1], angle: start[2], angularSpeed: start[3])
    }

    /// The key of the draws of an episode: layer 0 for the initial state, 1 for the actions.
    static func key(_ seed: Int32, layer: UInt64) -> RandomKey {
        RandomKey(seed: UInt64(bitPattern: Int64(seed)), purpose: .sampling, layer: layer)
    }

    /// Whether the pole has fallen (beyond 12 degrees), or the cart has left its track.
    package var hasFallen: Bool { abs(position) > 2.4 || abs(angle) > 12 * 2 * Double.pi / 360 }
    /// Whether the episode has ended.
    package var isOver: Bool { hasFallen || steps >= Self.longest }

    /// What the policy sees: four numbers of similar magnitude.
    func write(to place: UnsafeMutablePointer<Float>) {
        place[0] = Float(position)
        place[1] = Float(speed)
        place[2] = Float(angle * 10)
        place[3] = Float(angularSpeed)
    }

    /// Pushes the cart to the left (0) or to the right (1), for 0.02 seconds.
    package mutating func push(_ action: Int) {
        let (gravity, cart, pole, half, time) = (9.8, 1.0, 0.1, 0.5, 0.02)
        let force = action == 1 ? 10.0 : -10.0
        let (sine, cosine) = (sin(angle), cos(angle))
        let push = (force + pole * half * angularSpeed * angularSpeed * sine) / (cart + pole)
        let angularAcceleration =
            (gravity * sine - cosine * push) / (half * (4.0 / 3.0 - pole * cosine * cosine / (cart + pole)))
        let acceleration = push - pole * half * angularAcceleration * cosine / (cart + pole)
        position += time * speed
        speed += time * acceleration
        angle += time * angularSpeed
        angularSpeed += time * angularAcceleration
        steps += 1
    }
}
