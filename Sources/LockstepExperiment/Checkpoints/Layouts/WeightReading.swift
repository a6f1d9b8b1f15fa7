/// How the numbers of a tensor in a file become those of a tensor of the model.
package enum WeightReading: Sendable, Equatable {
    /// As they are.
    case whole
    /// A matrix with its rows as columns.
    case transposed
    /// The first rows: of positions, as many as the context has.
    case firstRows
    /// A row for each token: all, or of GPT-2's tokens those of the 256 single bytes.
    case tokens

    /// The number of GPT-2's tokens.
    static let vocabulary = 50_257

    /// Whether a tensor of the file can be read into one of the model.
    package func fits(_ file: [Int], _ model: [Int]) -> Bool {
        if file == model { return self != .transposed || file.count == 2 }
        guard file.count == 2, model.count == 2 else { return false }
        return switch self {
        case .whole: false
        case .transposed: file[0] == model[1] && file[1] == model[0]
        case .firstRows: file[1] == model[1] && file[0] >= model[0]
        case .tokens: file[1] == model[1] && file[0] == Self.vocabulary && model[0] == 256
        }
    }

    /// What the log has of a tensor that is not taken as a whole; nil otherwise.
    package func note(_ name: String, _ file: [Int], _ model: [Int]) -> String? {
        guard file != model else { return nil }
        return switch self {
        case .whole, .transposed: nil
        case .firstRows: "Of \(name) the first \(model[0]) of \(file[0]) rows are taken."
        case .tokens: "Of \(name) the rows of the 256 single bytes are taken, of \(file[0])."
        }
    }

    /// Arranges the numbers of a tensor of the file.
    /// - Parameters:
    ///   - numbers: all numbers of the file's tensor, whose shape is `file`.
    ///   - target: place for the model's tensor, whose shape is `model`.
    package func arrange(
        _ numbers: UnsafeBufferPointer<Float>, _ file: [Int], into target: UnsafeMutablePointer<Float>,
        _ model: [Int]
    ) {
        switch self {
        case .whole: for index in numbers.indices { target[index] = numbers[index] }
        case .transposed:
            let (rows, columns) = (file[0], file[1])
            for row in 0..<rows {
                for column in 0..<columns { target[column * rows + row] = numbers[row * columns + column] }
            }
        case .firstRows, .tokens:
            let width = model[1]
            let isWhole = self == .firstRows || file == model
            for row in 0..<model[0] {
                let source = (isWhole ? row : Self.byteTokens[row]) * width
                for column in 0..<width { target[row * width + column] = numbers[source + column] }
            }
        }
    }

    /// The token of each byte in GPT-2's vocabulary, which begins with the bytes: first those that print as one character in
    /// Latin-1, then the others.
    private static let byteTokens: [Int] = {
        let printing = Array(33...126) + Array(161...172) + Array(174...255)
        let others = (0..<256).filter { !printing.contains($0) }
        var tokens = [Int](repeating: 0, count: 256)
        for (token, byte) in (printing + others).enumerated() { tokens[byte] = token }
        return tokens
    }()
}
