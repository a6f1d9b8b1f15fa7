// One import for users: everything that a program which defines and trains a model needs.
@_exported import LockstepAutograd
@_exported import LockstepCheckpoints
@_exported import LockstepCollectives
@_exported import LockstepDataParallel
@_exported import LockstepDatasets
@_exported import LockstepFaults
@_exported import LockstepLayers
@_exported import LockstepModels
@_exported import LockstepOperations
@_exported import LockstepOptimizers
@_exported import LockstepTensors
@_exported import LockstepTraining
