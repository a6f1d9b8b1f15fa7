/// A fingerprint of decoded data, by which two runs are compared. Checkpoints store it.
public struct DataFingerprint: Codable, Sendable, Hashable {
    /// The number of samples, training plus test.
    public let count: Int
    /// The checksum (CRC-32) of the checksums of all inputs and targets.
    public let crc: UInt32

    /// Makes a fingerprint.
    public init(count: Int, crc: UInt32) {
        self.count = count
        self.crc = crc
    }
}
