import LockstepReaders

/// The tokens of a text in their order, in memory or in mapped files.
///
/// Immutable, and therefore Sendable; it holds the memory of its runs.
struct TokenSequence: @unchecked Sendable {
    /// How a token is stored.
    enum Element: String, Sendable {
        case uint8, uint16, uint32, int32, int64

        /// The size of a token in bytes.
        var byteCount: Int {
            switch self {
            case .uint8: 1
            case .uint16: 2
            case .uint32, .int32: 4
            case .int64: 8
            }
        }
    }

    /// Consecutive tokens in memory, aligned to their size.
    struct Run {
        var address: UnsafeRawPointer
        var count: Int
        var element: Element
    }

    /// The runs in their order.
    let runs: [Run]
    /// The position of the first token of each run, and the number of all tokens.
    private let starts: [Int]
    private let owners: [any AnyObject & Sendable]

    /// - Parameter owners: objects that own the memory.
    init(_ runs: [Run], owners: [any AnyObject & Sendable]) {
        self.runs = runs
        self.owners = owners
        starts = runs.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    }

    /// The number of tokens.
    var count: Int { starts[runs.count] }

    /// The number of the run that has a token.
    func run(of token: Int) -> Int {
        var (low, high) = (0, runs.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= token { low = middle } else { high = middle }
        }
        return low
    }

    /// Copies tokens to memory.
    func copy(from start: Int, count: Int, to target: UnsafeMutablePointer<Int32>) {
        var (run, copied) = (run(of: start), 0)
        while copied < count {
            let first = start + copied - starts[run]
            let size = min(count - copied, runs[run].count - first)
            runs[run].copy(first, size, to: target + copied)
            copied += size
            run += 1
        }
    }
}

extension TokenSequence.Run {
    fileprivate func copy(_ first: Int, _ count: Int, to target: UnsafeMutablePointer<Int32>) {
        func copy<Stored: FixedWidthInteger>(_ type: Stored.Type) {
            let source = address.assumingMemoryBound(to: type) + first
            for place in 0..<count { target[place] = Int32(truncatingIfNeeded: source[place]) }
        }
        switch element {
        case .uint8: copy(UInt8.self)
        case .uint16: copy(UInt16.self)
        case .uint32: copy(UInt32.self)
        case .int32: copy(Int32.self)
        case .int64: copy(Int64.self)
        }
    }
}
