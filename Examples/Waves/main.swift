// Form and frequency of noisy waves: a task with two losses, on data with two targets.
//
//   swift build -c release --product Waves
//   scripts/launch -n 2 .build/release/Waves train Examples/Waves/waves.yaml --run-dir runs/waves
//   .build/release/Waves predict runs/waves --output waves.csv
import Lockstep

LockstepProgram.main(
    .standard.adding(data: WaveData.Configuration.self).adding(task: WaveForms.Configuration.self))
