import LockstepTensors

/// Windows of a text: fields `tokens` and `next`, both int32 [context], and `left_out`.
struct TextDataset: Dataset {
    let schema: BatchSchema
    let fingerprint: String
    let warnings: [String]
    let hostWarnings: [String]
    let samplesName = "windows"
    private let data: DecodedDataset
    private let windows: TextWindows
    private let evaluation: EvaluationWindows

    /// - Parameter preparation: how the text is cut.
    /// - Throws: `DatasetError` for a text that cannot be read or is too short.
    init(
        _ configuration: DataConfiguration, _ preparation: TextPreparation, _ request: DatasetRequest
    ) throws {
        let content = try request.cache.load(configuration)
        data = content.training
        windows = try TextWindows(
            count: data.count, heldBack: content.heldBack, preparation,
            file: (configuration.recipe as? any TextRecipe)?.source)
        evaluation = windows.evaluation(stride: request.evaluationStride)
        schema = preparation.schema
        fingerprint = "\(windows), crc32 \(content.fingerprint.crc)"
        warnings = content.warnings
        hostWarnings = content.hostWarnings
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
            text,
            start: isEvaluated ? evaluation.start(sample) : windows.trainingStart(sample, offset: offset),
            inputs: row.int32s(0), targets: row.int32s(1))
        row.int32s(2)[0] = isEvaluated ? Int32(evaluation.leftOut(sample)) : 0
    }

    var constants: DatasetConstants {
        var constants = DatasetConstants()
        constants[json: TextConstants.bytesName] =
            "[\(trainingBytes.map(String.init).joined(separator: ","))]"
        constants[json: TextConstants.name] =
            TextConstants(context: windows.context, vocabulary: TextPreparation.vocabulary).json
        return constants
    }

    private var text: UnsafePointer<UInt8> { data.inputs.assumingMemoryBound(to: UInt8.self) }

    /// The bytes that occur in the training part, in ascending order.
    private var trainingBytes: [UInt8] {
        var isSeen = [Bool](repeating: false, count: 256)
        for place in windows.trainingTokens { isSeen[Int(text[place])] = true }
        return isSeen.indices.filter { isSeen[$0] }.map(UInt8.init)
    }
}
