import LockstepAutograd

/// Sees when passes read parameters and finish gradients: for measurements.
package protocol PassObserver: ParameterGate {
    /// Called during backward when the gradient of a parameter is final.
    func finish(_ parameter: Parameter)
}
