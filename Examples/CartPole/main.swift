// Reinforcement learning without data files: shards play their own episodes of CartPole, and learn from them.
//
//   swift build -c release --product CartPole
//   scripts/launch -n 2 .build/release/CartPole train Examples/CartPole/cart-pole.yaml --run-dir RUN
//   .build/release/CartPole evaluate RUN
import Lockstep

LockstepProgram.main(
    .standard.adding(data: Episodes.Configuration.self).adding(task: PolicyGradient.Configuration.self))
