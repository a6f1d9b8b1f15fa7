import LockstepTensors

/// Windows of a text: fields `tokens` and `next`, both int32 [context], and `left_out`.
struct TextDataset: Dataset {
    let schema: BatchSchema
    let fingerprint: String
    var warnings: [String] { source.warnings }
    var hostWarnings: [String] { source.hostWarnings }
    let samplesName = "windows"
    private let source: TextSource
    private let windows: TextWindows
    private let evaluation: EvaluationWindows
    private let fixedConstants: DatasetConstants

    /// - Parameter preparation: how the text is cut.
    /// - Throws: `DatasetError` for a text that is too short.
    init(_ source: TextSource, _ preparation: TextPreparation, _ request: DatasetRequest) throws {
        self.source = source
        windows = try TextWindows(
            count: source.tokens.count, heldBack: source.heldBack, preparation, unit: source.unit,
            file: source.name)
        evaluation = windows.evaluation(stride: request.evaluationStride)
        let text = TextConstants(
            context: windows.context, vocabulary: source.vocabulary, unit: source.unit.stored)
        schema = text.schema(source.tokenizer)
        fingerprint = "\(windows), \(source.checksum)"
        var constants = DatasetConstants()
        constants[json: TextConstants.name] = text.json
        if let tokenizer = source.tokenizer { try constants.set(StoredTokenizer.name, tokenizer.json) }
        fixedConstants = constants
    }

    func count(of split: DatasetSplit) -> Int {
        switch split {
        case .training: windows.trainingCount
        case .validation: evaluation.count
        case .test: 0
        }
    }

    func write(_ sample: Int, of split: DatasetSplit, into row: BatchRow, draws: SampleDraws?) {
        let isEvaluated = split == .validation
        let offset = draws.map { windows.offset(ofEpoch: $0.epoch, seed: $0.seed) } ?? 0
        windows.write(
            source.tokens,
            start: isEvaluated ? evaluation.start(sample) : windows.trainingStart(sample, offset: offset),
            inputs: row.int32s(0), targets: row.int32s(1))
        row.int32s(2)[0] = isEvaluated ? Int32(evaluation.leftOut(sample)) : 0
    }

    var failure: (any Error)? { source.tokens.failure }

    var constants: DatasetConstants {
        var constants = fixedConstants
        if source.unit == .byte {
            constants[json: TextConstants.bytesName] =
                "[\(trainingBytes.map(String.init).joined(separator: ","))]"
        }
        return constants
    }

    /// The bytes that occur in the training part, in ascending order.
    private var trainingBytes: [UInt8] {
        var isSeen = [Bool](repeating: false, count: TextConstants.byteVocabulary)
        var block = [Int32](repeating: 0, count: 4096)
        for start in stride(from: 0, to: windows.trainingTokens.upperBound, by: block.count) {
            let count = min(block.count, windows.trainingTokens.upperBound - start)
            block.withUnsafeMutableBufferPointer { block in
                guard let address = block.baseAddress else { return }
                source.tokens.copy(from: start, count: count, to: address)
            }
            for place in 0..<count { isSeen[Int(block[place])] = true }
        }
        return isSeen.indices.filter { isSeen[$0] }.map(UInt8.init)
    }
}
