import LockstepReaders

/// The tokens of a text in their order, in memory or in files.
///
/// Immutable but for the first failure, and therefore Sendable; it holds the memory of its runs.
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

    /// Consecutive tokens.
    struct Run {
        /// Where they are stored.
        enum Source {
            /// In memory, aligned to their size.
            case memory(UnsafeRawPointer)
            /// In a file, from its first token on.
            case file(TokenFile)
        }
        var source: Source
        var count: Int
        var element: Element
    }

    /// The runs in their order.
    let runs: [Run]
    /// The position of the first token of each run, and the number of all tokens.
    private let starts: [Int]
    private let owners: [any AnyObject & Sendable]
    /// The first error of reading a file.
    private let firstFailure = FirstFailure()

    /// - Parameter owners: objects that own the memory.
    init(_ runs: [Run], owners: [any AnyObject & Sendable]) {
        self.runs = runs
        self.owners = owners
        starts = runs.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    }

    /// The tokens of files, one after the other.
    init(_ files: [TokenFile]) {
        self.init(
            files.map { Run(source: .file($0), count: $0.count, element: $0.element) }, owners: files)
    }

    /// The number of tokens.
    var count: Int { starts[runs.count] }

    /// The first error of reading a file; nil if there was none.
    var failure: (any Error)? { firstFailure.error }

    /// The number of the run that has a token.
    private func run(of token: Int) -> Int {
        var (low, high) = (0, runs.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= token { low = middle } else { high = middle }
        }
        return low
    }

    /// Copies tokens to memory. After an error, which `failure` reports, they are zeros.
    func copy(from start: Int, count: Int, to target: UnsafeMutablePointer<Int32>) {
        var (run, copied) = (run(of: start), 0)
        while copied < count {
            let first = start + copied - starts[run]
            let size = min(count - copied, runs[run].count - first)
            let place = target + copied
            switch runs[run].source {
            case .memory(let address):
                let element = runs[run].element
                element.copy(address + first * element.byteCount, size, to: place)
            case .file(let file):
                do throws(DatasetError) {
                    try file.copy(first, size, to: place)
                } catch {
                    firstFailure.set(error)
                    return target.update(repeating: 0, count: count)
                }
            }
            copied += size
            run += 1
        }
    }
}

extension TokenSequence.Element {
    /// Copies stored tokens, which are aligned to their size.
    func copy(_ stored: UnsafeRawPointer, _ count: Int, to target: UnsafeMutablePointer<Int32>) {
        func copy<Stored: FixedWidthInteger>(_ type: Stored.Type) {
            let source = stored.assumingMemoryBound(to: type)
            for place in 0..<count { target[place] = Int32(truncatingIfNeeded: source[place]) }
        }
        switch self {
        case .uint8: copy(UInt8.self)
        case .uint16: copy(UInt16.self)
        case .uint32: copy(UInt32.self)
        case .int32: copy(Int32.self)
        case .int64: copy(Int64.self)
        }
    }

    /// The smallest and the largest of some stored tokens, which are aligned to their size.
    func bounds(_ stored: UnsafeRawPointer, _ count: Int) -> (Int64, Int64) {
        func bounds<Stored: FixedWidthInteger>(_ type: Stored.Type) -> (Int64, Int64) {
            let source = stored.assumingMemoryBound(to: type)
            var (low, high) = (Stored.max, Stored.min)
            for place in 0..<count {
                low = min(low, source[place])
                high = max(high, source[place])
            }
            return (Int64(low), Int64(high))
        }
        return switch self {
        case .uint8: bounds(UInt8.self)
        case .uint16: bounds(UInt16.self)
        case .uint32: bounds(UInt32.self)
        case .int32: bounds(Int32.self)
        case .int64: bounds(Int64.self)
        }
    }
}
