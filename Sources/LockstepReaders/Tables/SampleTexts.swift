/// Columns of texts, in one block of memory that the ranks of a host can share: the ends [rows, columns] as 64-bit numbers,
/// row-major, followed by the UTF-8 of all texts.
package struct SampleTexts {
    package let block: MemoryBlock
    package let columns: Int
    package let rows: Int

    /// The texts of a block.
    package init(_ block: MemoryBlock, rows: Int, columns: Int) {
        (self.block, self.rows, self.columns) = (block, rows, columns)
    }

    /// Makes a block.
    /// - Parameter ends: where each text ends in `bytes`; shape [rows, columns].
    package init(ends: ContiguousArray<UInt64>, bytes: ContiguousArray<UInt8>, columns: Int) {
        let block = MemoryBlock(count: ends.count * 8 + bytes.count)
        let all = UnsafeMutableRawBufferPointer(start: block.address, count: block.count)
        ends.withUnsafeBytes { all.copyMemory(from: $0) }
        bytes.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(rebasing: all[(ends.count * 8)...]).copyMemory(from: $0)
        }
        self.init(block, rows: columns == 0 ? 0 : ends.count / columns, columns: columns)
    }

    /// The texts of a row; those of a damaged block are empty.
    package func texts(_ row: Int) -> [String] {
        let start = rows * columns * 8
        guard start <= block.count, row < rows else { return [] }
        func end(_ index: Int) -> Int {
            guard index >= 0 else { return 0 }
            let stored = block.address.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
            return Int(min(stored, UInt64(max(0, block.count - start))))
        }
        return (row * columns..<(row + 1) * columns).map { index in
            let (first, last) = (end(index - 1), end(index))
            guard first < last else { return "" }
            return String(
                decoding: UnsafeRawBufferPointer(start: block.address + start + first, count: last - first),
                as: UTF8.self)
        }
    }

    /// The texts of one set, followed by those of another.
    package func appending(_ next: SampleTexts) -> SampleTexts {
        var (ends, bytes): (ContiguousArray<UInt64>, ContiguousArray<UInt8>) = ([], [])
        for part in [self, next] {
            for row in 0..<part.rows {
                for text in part.texts(row) {
                    bytes.append(contentsOf: text.utf8)
                    ends.append(UInt64(bytes.count))
                }
            }
        }
        return SampleTexts(ends: ends, bytes: bytes, columns: columns)
    }
}
