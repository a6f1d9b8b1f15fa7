internal import CZlib
import Glibc

/// The members of a zip file, stored or deflated, with the extension for large files (ZIP64), which `numpy.savez` always
/// writes.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.
package struct ZipArchive {
    /// A member as the central directory describes it.
    package struct Member {
        /// The name, such as `x.npy`.
        package let name: String
        let method: Int
        let isEncrypted: Bool
        let crc: UInt32
        let packedCount: Int
        let count: Int
        /// Where its local header begins.
        let offset: Int
    }

    private let file: SourceFile
    /// The members in the order of the central directory.
    package let members: [Member]

    /// Whether a file begins with the magic bytes of zip.
    package static func isArchive(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06])
    }

    /// Reads the central directory.
    package init(_ file: SourceFile) throws(DatasetError) {
        self.file = file
        let directory = try ZipDirectory(file)
        var members: [Member] = []
        var place = directory.offset
        for _ in 0..<directory.count {
            let (member, next) = try directory.member(at: place)
            members.append(member)
            place = next
        }
        var names: Set<String> = []
        if let twice = members.first(where: { !names.insert($0.name).inserted })?.name {
            throw DatasetError(
                .format, file.path, "two members are named '\(twice)'", advice: "write the file again")
        }
        self.members = members
    }

    /// The contents of a member, with size and checksum verified.
    /// - Parameters:
    ///   - path: the name of the member in messages.
    ///   - expectation: what is known about the contents.
    package func contents(
        _ member: Member, path: String, _ expectation: ContentExpectation
    ) throws(DatasetError) -> SourceFile {
        let range = try range(of: member, path)
        let block: MemoryBlock
        switch member.method {
        case 0:
            try expectation.require(range.count, path)
            block = MemoryBlock(count: range.count)
            memcpy(block.address, file.block.address + range.lowerBound, range.count)
        default:
            let source = file.block
            block = try Unpacking(
                path: path, name: "deflate", packedCount: range.count,
                largestGrowth: Compression.gzip.largestGrowth,
                open: { () throws(DatasetError) in try DeflateStream(source, range, path: path) }
            ).unpack(expectation)
        }
        let sum = crc32_z(0, block.address.assumingMemoryBound(to: UInt8.self), block.count)
        guard block.count == member.count, UInt32(truncatingIfNeeded: sum) == member.crc else {
            throw DatasetError(
                .corrupt, path, "its size or checksum differs from that in the zip file's directory",
                advice: "fetch the file again")
        }
        return SourceFile(path: path, block: block)
    }

    /// The first bytes of a member, at most `count`; fewer if it cannot be read.
    package func beginning(_ member: Member, count: Int) -> MemoryBlock {
        guard let range = try? range(of: member, "") else { return MemoryBlock(count: 0) }
        let block = MemoryBlock(count: count)
        if member.method == 0 {
            block.truncate(to: min(count, range.count))
            memcpy(block.address, file.block.address + range.lowerBound, block.count)
        } else {
            let stream = try? DeflateStream(file.block, range, path: "")
            block.truncate(to: (try? stream?.read(into: block.address, count)) ?? 0)
        }
        return block
    }

    /// The position of a member's packed bytes in the file.
    func range(of member: Member, _ path: String) throws(DatasetError) -> Range<Int> {
        guard !member.isEncrypted, member.method == 0 || member.method == 8 else {
            throw DatasetError(
                .format, path,
                member.isEncrypted
                    ? "it is encrypted" : "its compression (number \(member.method)) is not supported",
                advice: "write it with numpy.savez or numpy.savez_compressed")
        }
        let bytes = ZipDirectory.Bytes(file)
        let header = member.offset
        guard let magic = bytes.number(header, 4), magic == 0x0403_4B50,
            let name = bytes.number(header + 26, 2), let extra = bytes.number(header + 28, 2)
        else {
            throw DatasetError(
                .corrupt, path, .byte(header), "the zip file has no member at this position",
                advice: "fetch the file again")
        }
        let start = header + 30 + name + extra
        guard start <= bytes.count, member.packedCount <= bytes.count - start,
            member.method != 0 || member.packedCount == member.count
        else {
            throw DatasetError(
                .truncated, path, .byte(start),
                "its \(member.packedCount) bytes do not fit into the zip file",
                advice: "fetch the file again; it is damaged or not complete")
        }
        return start..<start + member.packedCount
    }
}
