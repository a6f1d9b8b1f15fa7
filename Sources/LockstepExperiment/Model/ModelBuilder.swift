import LockstepAutograd
import LockstepLayers
import LockstepTensors

/// Builds a model from the scope of its parameters, the shape of a sample, and the number of outputs.
public typealias ModelBuilder = (ParameterScope, _ inputShape: Shape, _ outputs: Int) throws -> any Model
