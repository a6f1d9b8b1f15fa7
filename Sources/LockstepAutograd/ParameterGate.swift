/// Waits for parameters whose new values may arrive from other hosts after a pass has begun.
public protocol ParameterGate: AnyObject {
    /// Returns when the value of a parameter has arrived.
    /// - Throws: why it cannot arrive.
    func wait(for parameter: Parameter) throws

    /// Returns when the values of all parameters have arrived and gradients may be written.
    func waitForAll() throws
}
