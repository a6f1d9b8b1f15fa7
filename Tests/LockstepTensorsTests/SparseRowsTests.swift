import LockstepTensors
import Testing

/// Lists of rows, beside sums in dictionaries.
@Suite struct SparseRowsTests {
    /// Rows of width 3 with small integers, whose sums are exact in any order.
    private func rows(_ ids: [Int32]) -> (ids: [Int32], values: [Float]) {
        (ids, ids.indices.flatMap { row in (0..<3).map { Float(row * 3 + $0 - 4) } })
    }

    private func sums(_ rows: (ids: [Int32], values: [Float])...) -> [Int32: [Float]] {
        var sums: [Int32: [Float]] = [:]
        for (ids, values) in rows {
            for (row, id) in ids.enumerated() {
                let old = sums[id] ?? [0, 0, 0]
                sums[id] = (0..<3).map { old[$0] + values[row * 3 + $0] }
            }
        }
        return sums
    }

    private func collected(_ rows: (ids: [Int32], values: [Float]), into list: SparseRows) {
        var keys = [UInt64](repeating: 0, count: 2 * max(1, rows.ids.count))
        list.collect(
            SparseRows.View(ids: rows.ids, values: rows.values, count: rows.ids.count), keys: &keys)
    }

    private func requireEqual(_ view: SparseRows.View, _ expected: [Int32: [Float]]) {
        let ids = (0..<view.count).map { view.ids[$0] }
        #expect(ids == expected.keys.sorted())
        for (row, id) in ids.enumerated() {
            #expect((0..<3).map { view.values[row * 3 + $0] } == expected[id])
        }
    }

    /// Ids of all sizes, several of them equal, and zeros without a sign.
    @Test(
        arguments: [
            [], [0], [7, 7, 7], [5, 3, 5, 0, 3, 9],
            [.max, 1 << 22, 2047, 2048, (1 << 22) + 1, 1 << 11, .max, 0, 1 << 22, .max - 1],
        ] as [[Int32]]) func gradientsOfARowAddUp(ids: [Int32])
    {
        let list = SparseRows(width: 3)
        collected(rows(ids), into: list)
        requireEqual(list.view, sums(rows(ids)))
        collected(([4], [-0.0, 1, -1]), into: list)
        #expect(list.view.count == 1 && list.view.values[0].sign == .plus)
    }

    @Test func listsAddUp() {
        let (a, b, sum) = (SparseRows(width: 3), SparseRows(width: 3), SparseRows(width: 3))
        for (first, second) in [([1, 4, 9], [0, 4, 8, 9]), ([], [2]), ([2], []), ([1 << 30], [3, .max])]
            as [([Int32], [Int32])]
        {
            collected(rows(first), into: a)
            collected(rows(second), into: b)
            sum.merge(a.view, b.view)
            requireEqual(sum.view, sums(rows(first), rows(second)))
        }
    }

    @Test func rangesAndSquares() {
        let list = SparseRows(width: 3)
        collected(rows([3, 10, 11, 500]), into: list)
        let part = list.view.rows(in: 10..<500, width: 3)
        #expect((0..<part.count).map { part.ids[$0] } == [10, 11])
        #expect(list.view.rows(in: 12..<12, width: 3).count == 0)
        var parts = [Double](repeating: 0, count: 4)
        parts.withUnsafeMutableBufferPointer { list.view.addSquares(to: $0, width: 3, entries: 1000) }
        // Parts of 250 rows: the first three rows, then the last.
        let squares = rows([3, 10, 11, 500]).values.map { Double($0 * $0) }
        #expect(parts == [squares[..<9].reduce(0, +), 0, squares[9...].reduce(0, +), 0])
    }
}
