// Images of clothes by class, from a generator and a discriminator that take turns:
//
//   swift build -c release --product ConditionalGAN
//   scripts/launch -n 2 .build/release/ConditionalGAN train Examples/ConditionalGAN/conditional-gan.yaml --run-dir runs/gan
//
// `evaluate` and `predict` work as in `lockstep`; `keys` lists the keys of the run file with those of the task.
import Lockstep

LockstepProgram.main(
    .standard.adding(task: ConditionalGAN.Configuration.self), observers: { [GeneratedImages()] })
