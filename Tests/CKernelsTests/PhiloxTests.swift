import CKernels
import Testing

/// Philox4x32-10 against the known answers that come with Random123, the authors' library (`kat_vectors`).
@Suite struct PhiloxTests {
    private func words(key: UInt64, stream: UInt64, block: UInt64) -> [UInt32] {
        var words: [UInt32] = [0, 0, 0, 0]
        lockstep_philox(key, stream, block, &words)
        return words
    }

    @Test func knownAnswers() {
        #expect(
            words(key: 0, stream: 0, block: 0) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            words(key: .max, stream: .max, block: .max)
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
        // The digits of pi: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0.
        #expect(
            words(key: 0x299f_31d0_a409_3822, stream: 0x0370_7344_1319_8a2e, block: 0x85a3_08d3_243f_6a88)
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    /// Bulk fills, whatever processor they were compiled for, against one block at a time.
    @Test(arguments: [(0, 64), (1, 63), (3, 1), (2, 0), (5, 1000), (4, 127)])
    func fillsEqualSingleDraws(_ first: Int, _ count: Int) {
        let (key, stream): (UInt64, UInt64) = (0x1234_5678_9abc_def0, 0xfedc_ba98_7654_3210)
        // Elements close to 2^34 carry into the second word of the counter.
        for origin in [UInt64(first), (1 << 34) - 8 + UInt64(first)] {
            let expected = (0..<count).map { index in
                let element = origin + UInt64(index)
                return Float(words(key: key, stream: stream, block: element / 4)[Int(element % 4)] >> 8)
                    * 0x1p-24
            }
            var values = [Float](repeating: -1, count: count + 1)
            lockstep_philox_uniform(&values, count, key, stream, origin)
            #expect(values == expected + [-1])
        }
    }

    @Test(arguments: [0, 3, 4, 67, 256, 1001]) func dropoutKeepsWhatItDraws(_ count: Int) {
        let (key, stream): (UInt64, UInt64) = (0x1234_5678_9abc_def0, 0xfedc_ba98_7654_3210)
        let threshold: UInt32 = 3 << 30
        let x = (0..<count).map { Float($0) - 100.5 }
        let expected = (0..<count).map { index -> Float in
            let word = words(key: key, stream: stream, block: UInt64(index / 4))[index % 4]
            return word < threshold ? x[index] * 1.25 : 0
        }
        var y = [Float](repeating: -1, count: count + 1)
        lockstep_dropout(&y, x, count, key, stream, threshold, 1.25)
        #expect(y == expected + [-1])
    }
}
