import LockstepAutograd
import LockstepLayers
import LockstepTensors

/// Builds a model: where its parameters are registered, the shape of a sample, the number of outputs.
public typealias ModelBuilder = (ParameterScope, _ inputShape: Shape, _ outputs: Int) throws -> any Model
