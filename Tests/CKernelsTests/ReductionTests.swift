import CKernels
import Testing

/// The tree's kernels against plain loops, bit for bit.
@Suite struct ReductionTests {
    private func values(_ count: Int, seed: Int) -> [Float] {
        (0..<count).map { index in
            let bits = UInt64(seed * 7919 + index) &* 0x9E37_79B9_7F4A_7C15
            return Float(Int64(bits >> 40) - 0x80_0000) / Float(1 << Int(bits & 15))
        }
    }

    private func run(_ program: [Int32], _ sources: [[Float]]) -> Float {
        var stack: [Float] = []
        for entry in program {
            if entry >= 0 {
                stack.append(sources[Int(entry)][0])
            } else {
                let right = stack.removeLast()
                stack[stack.count - 1] += right
            }
        }
        return stack[0]
    }

    @Test(
        arguments: [
            [0], [0, 1, -1], [0, 1, -1, 2, -1], [0, 1, 2, -1, -1], [0, 1, -1, 2, 3, -1, -1],
            [0, 1, 2, 3, -1, -1, -1], [0, 1, -1, 2, 3, -1, -1, 4, 5, -1, 6, -1, -1],
        ] as [[Int32]])
    func reductionFollowsTheProgram(program: [Int32]) {
        let count = 4096 * 2 + 100
        let begin = 4096
        let sourceCount = Int(program.max() ?? 0) + 1
        var sources = (0..<sourceCount).map { values(count, seed: $0) }
        let expected = (0..<count).map { index in run(program, sources.map { [$0[index]] }) }
        let chunks = (count + 4095) / 4096
        var sums = [Double](repeating: -1, count: chunks)
        let untouched = Array(sources[0][..<begin])
        // In place, as TreeAllreduce has it.
        let pointers = sources.indices.map { source in
            sources[source].withUnsafeMutableBufferPointer { buffer in
                let copy = UnsafeMutablePointer<Float>.allocate(capacity: count)
                copy.initialize(from: buffer.baseAddress!, count: count)
                return copy
            }
        }
        defer { for pointer in pointers { pointer.deallocate() } }
        var constants = pointers.map { UnsafePointer($0) as UnsafePointer<Float>? }
        lockstep_tree_reduce_squares(
            pointers[0], &constants, program, program.count, begin, count, &sums)
        sources[0] = Array(UnsafeBufferPointer(start: pointers[0], count: count))
        #expect(Array(sources[0][..<begin]) == untouched)
        #expect(zip(sources[0], expected).dropFirst(begin).allSatisfy { $0.bitPattern == $1.bitPattern })
        #expect(sums[0] == -1)
        for chunk in 1..<chunks {
            let part = Array(expected[chunk * 4096..<min(count, (chunk + 1) * 4096)])
            #expect(sums[chunk].bitPattern == squareSum(part).bitPattern)
        }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 100, 4095, 4096]) func squareSumOfPartsOfAChunk(count: Int) {
        let part = values(count, seed: 3)
        #expect(lockstep_square_sum(part, count).bitPattern == squareSum(part).bitPattern)
    }

    /// 16 lanes, folded by halves.
    private func squareSum(_ values: [Float]) -> Double {
        var lanes = [Double](repeating: 0, count: 16)
        for (index, value) in values.enumerated() { lanes[index % 16] += Double(value) * Double(value) }
        for width in [8, 4, 2, 1] {
            for lane in 0..<width { lanes[lane] += lanes[lane + width] }
        }
        return lanes[0]
    }
}
