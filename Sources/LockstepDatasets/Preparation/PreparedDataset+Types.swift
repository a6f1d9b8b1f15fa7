import LockstepTensors

extension PreparedDataset {
    /// The type of the inputs that models get: int32 for tokens, else float32.
    public var inputType: DType { windows == nil ? .float32 : .int32 }

    /// The type of the targets that losses get: float32 for numbers, else int32.
    public var targetType: DType { classes == nil && windows == nil ? .float32 : .int32 }

    /// The shape of the targets of some samples: [n] of classes, else [n, targetWidth].
    func targetShape(_ count: Int) -> Shape { classes != nil ? Shape(count) : Shape(count, targetWidth) }

    /// The bytes that the training part of a text has; empty for everything else.
    package var trainingBytes: Set<UInt8> {
        guard let windows else { return [] }
        let text = inputs.inputs.assumingMemoryBound(to: UInt8.self)
        var isSeen = [Bool](repeating: false, count: 256)
        for place in windows.trainingTokens { isSeen[Int(text[place])] = true }
        return Set(isSeen.indices.filter { isSeen[$0] }.map(UInt8.init))
    }
}
