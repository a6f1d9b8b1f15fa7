import LockstepReaders

/// The passes over inputs that are read from their files: they check that all numbers are finite, determine the conversion to
/// 32 bits, and compute the checksum of the decoded numbers. The results equal those of inputs that are decoded as a whole.
struct StreamScan {
    private let stream: SampleStream
    private let columns: Int
    private let rule: NarrowingRule
    private let file: String
    private let width: Int

    /// - Parameters:
    ///   - stream: the inputs, without a conversion.
    ///   - columns: the number of columns; the numbers of a column share a conversion.
    ///   - file: the name of the files in messages.
    init(_ stream: SampleStream, columns: Int, _ rule: NarrowingRule, file: String) {
        (self.stream, self.columns, self.rule, self.file) = (stream, columns, rule, file)
        width = stream.rows.width
    }

    /// - Returns: the inputs with their conversion and their checksum.
    func run() throws(DatasetError) -> SampleStream {
        guard !stream.rows.isBytes else { return try stream.with(narrowing: nil, checksum: checksum()) }
        // Most float32 inputs need no conversion, which a part of the rows can prove.
        var bound =
            needsMeasures && isFloat32 ? NarrowingBound(columns: columns, rows: stream.rows.count) : nil
        var measures = [ColumnMeasure](
            repeating: ColumnMeasure(), count: needsMeasures && bound == nil ? columns : 0)
        var plain = try first(&measures, &bound)
        if let bound {
            if bound.excludesNarrowing { return try stream.with(narrowing: nil, checksum: plain) }
            measures = [ColumnMeasure](repeating: ColumnMeasure(), count: columns)
            var none: NarrowingBound?
            plain = try first(&measures, &none)
        }
        let narrowing = try rule.decide(
            columns: columns, file: file, name: { columns == 1 ? "the numbers" : "column \($0)" },
            key: "normalize: auto",
            measure: { () throws(DatasetError) in
                if measures.isEmpty { measures = [ColumnMeasure](repeating: ColumnMeasure(), count: columns) }
                try second(&measures)
                return measures
            })
        guard let narrowing else { return try stream.with(narrowing: nil, checksum: plain) }
        let narrowed = try stream.with(narrowing: narrowing, checksum: 0)
        return try narrowed.with(
            narrowing: narrowing,
            checksum: checksum(
                of: narrowed, else: { "is too far outside the range of the training data" }))
    }

    /// Whether columns are measured. Narrow integers and floats are exact in 32 bits.
    private var needsMeasures: Bool {
        switch rule {
        case .given: false
        case .measured: true
        case .plain:
            stream.rows.files.contains { ![.uint8, .int8, .int16, .float32].contains($0.element) }
        }
    }

    private var isFloat32: Bool { stream.rows.files.allSatisfy { $0.element == .float32 } }

    private func checksum() throws(DatasetError) -> UInt32 {
        var sum: UInt32 = 0
        try stream.forEachBlock { (block, rows) throws(DatasetError) in
            sum = Checksum.crc(block, rows.count * width, after: sum)
        }
        return sum
    }

    private func checksum(of stream: SampleStream, else problem: () -> String) throws(DatasetError) -> UInt32
    {
        var sum: UInt32 = 0
        try stream.forEachBlock { (block, rows) throws(DatasetError) in
            if let bad = Self.firstNotFinite(block, rows.count * width) {
                throw DatasetError(
                    .value, file, .sample(rows.lowerBound + bad / width),
                    "number \(bad % width) \(problem())", advice: "correct it")
            }
            sum = Checksum.crc(block, rows.count * width * 4, after: sum)
        }
        return sum
    }

    /// The first pass: checks that numbers are finite, and computes their checksum, means and ranges.
    private func first(
        _ measures: inout [ColumnMeasure], _ bound: inout NarrowingBound?
    ) throws(DatasetError) -> UInt32 {
        let decoded = MemoryBlock(count: stream.rowsOfBlock * width * 4)
        var sum: UInt32 = 0
        try stream.forEachStoredBlock { (stored, decoder, rows) throws(DatasetError) in
            let count = rows.count * width
            let block: UnsafeRawPointer
            if decoder.isIdentity {
                block = stored
            } else {
                decoder.decode(stored, rows: rows.count, to: decoded.address)
                block = UnsafeRawPointer(decoded.address)
            }
            if let bad = Self.firstNotFinite(block, count) {
                let value = decoder.difference(stored, decoder.stored(bad), from: 0)
                throw DatasetError(
                    .value, file, .sample(rows.lowerBound + bad / width),
                    "the number \(value) is not finite\(decoder.isFloat64 ? " as float32" : "")",
                    advice: "replace it before training")
            }
            sum = Checksum.crc(block, count * 4, after: sum)
            bound?.add(block.assumingMemoryBound(to: Float.self), rows: rows, width: width)
            if !measures.isEmpty {
                forEach(stored, decoder, count, of: &measures) { $0.first($1) }
            }
        }
        for column in measures.indices { measures[column].closeFirst() }
        return sum
    }

    private func second(_ measures: inout [ColumnMeasure]) throws(DatasetError) {
        guard measures.contains(where: { !$0.isConstant }) else { return }
        try stream.forEachStoredBlock { (stored, decoder, rows) throws(DatasetError) in
            forEach(stored, decoder, rows.count * width, of: &measures) { $0.second($1) }
        }
        for column in measures.indices { measures[column].closeSecond() }
    }

    /// Passes each stored number to the measure of its column, as its difference from an origin.
    @inline(__always)
    private func forEach(
        _ stored: UnsafeRawPointer, _ decoder: RowDecoder, _ count: Int,
        of measures: inout [ColumnMeasure], _ body: (inout ColumnMeasure, (Double) -> Double) -> Void
    ) {
        measures.withUnsafeMutableBufferPointer { measures in
            var column = 0
            if decoder.isPlainFloat32 {
                let floats = stored.assumingMemoryBound(to: Float.self)
                for index in 0..<count {
                    let value = Double(floats[index])
                    body(&measures[column]) { value - $0 }
                    column = column + 1 == columns ? 0 : column + 1
                }
                return
            }
            for index in 0..<count {
                let place = decoder.stored(index)
                body(&measures[column]) { decoder.difference(stored, place, from: $0) }
                column = column + 1 == columns ? 0 : column + 1
            }
        }
    }

    /// The first float32 that is infinite or NaN.
    private static func firstNotFinite(_ block: UnsafeRawPointer, _ count: Int) -> Int? {
        let floats = UnsafeBufferPointer(start: block.assumingMemoryBound(to: Float.self), count: count)
        // The sum of x - x is 0 for finite numbers and NaN otherwise.
        var difference: Float = 0
        for number in floats { difference += number - number }
        return difference == 0 ? nil : floats.firstIndex { !$0.isFinite }
    }
}
