/// The unpacked bytes of all members of gzip data (RFC 1952), with the checksum and length of each member checked.
package final class GzipStream: UnpackedStream {
    private let packed: MemoryBlock
    private let path: String
    private let member: InflateStream
    private var isAtEnd = false

    package init(_ packed: MemoryBlock, path: String) throws(DatasetError) {
        self.packed = packed
        self.path = path
        member = try InflateStream(packed, 0..<packed.count, .gzip, path: path)
    }

    package func read(into target: UnsafeMutableRawPointer, _ room: Int) throws(DatasetError) -> Int {
        var produced = 0
        while !isAtEnd, produced < room {
            produced += try member.read(into: target + produced, room - produced)
            if member.isAtEnd { try beginMember() }
        }
        return produced
    }

    /// After the end of a member: starts the next one, or ends the data.
    private func beginMember() throws(DatasetError) {
        let consumed = member.consumed
        guard consumed < packed.count else {
            isAtEnd = true
            return
        }
        guard packed.count - consumed >= 2, packed.bytes[consumed] == 0x1F,
            packed.bytes[consumed + 1] == 0x8B, member.restart()
        else {
            throw DatasetError(
                .corrupt, path, .byte(consumed),
                "\(packed.count - consumed) bytes follow the end of the gzip data",
                advice: "fetch the file again")
        }
    }
}
