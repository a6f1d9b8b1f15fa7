/// Encoded samples, one file each: in a folder, or within archives.
///
/// Several threads may read samples at once, in any order.
package protocol SampleFiles: Sendable {
    /// The number of samples.
    var count: Int { get }

    /// The name of a sample's file, for predictions and messages.
    func name(_ sample: Int) -> String

    /// Reads a sample's file.
    /// - Throws: `DatasetError`, which names the file.
    func read(_ sample: Int, into buffer: FileBuffer) throws(DatasetError)

    /// Where a sample is, for messages.
    func path(_ sample: Int) -> String
}
