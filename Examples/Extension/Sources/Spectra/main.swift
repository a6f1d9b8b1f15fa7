import Lockstep

LockstepProgram.main(
    .standard
        .adding(model: SparseCoder.Configuration.self)
        .adding(data: SpectraData.Configuration.self)
        .adding(task: Denoising.Configuration.self)
        .adding(optimizer: Signum.Configuration.self)
        .adding(schedule: InverseSquareRoot.self))
