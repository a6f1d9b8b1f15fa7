/// Waits for parameters: their new values may arrive from other hosts after a pass has begun.
public protocol ParameterGate: AnyObject {
    /// Returns when a parameter has its value.
    /// - Throws: why it cannot arrive.
    func wait(for parameter: Parameter) throws

    /// Returns when all parameters have their values, and gradients may be written.
    func waitForAll() throws
}
