/// What tells whether two runs have the same decoded data; kept in checkpoints.
public struct DataFingerprint: Codable, Sendable, Hashable {
    /// The number of samples, training and test.
    public let count: Int
    /// The checksum (CRC-32) of the checksums of all inputs and targets.
    public let crc: UInt32

    /// A fingerprint.
    public init(count: Int, crc: UInt32) {
        self.count = count
        self.crc = crc
    }
}
