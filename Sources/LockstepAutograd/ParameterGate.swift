/// Who knows when parameters may be read: their new values may come from other hosts while a pass is under way already.
public protocol ParameterGate: AnyObject {
    /// Returns when a parameter has its value.
    /// - Throws: what keeps it from coming.
    func wait(for parameter: Parameter) throws

    /// Returns when all parameters have their values, and gradients may be written.
    func waitForAll() throws
}
