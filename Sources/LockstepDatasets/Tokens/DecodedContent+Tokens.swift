import Glibc
import LockstepReaders
import LockstepTokens

extension DecodedContent {
    /// A text as the tokens of a tokenizer: [count] uint16, or uint32 if there are more than 65,536 different
    /// ones.
    /// - Throws: `DatasetError` if the memory for the encoding is not available.
    func encoded(by tokenizer: BytePairTokenizer, from path: String) throws(DatasetError) -> DecodedContent {
        let text = training.inputs.bytes
        // Up to a token per byte, of 4 bytes in a list that has grown, and again of 2 bytes; the text is in memory.
        try MemoryNeed.require(
            MemoryNeed.product(text.count, 5), path, "encoding the text of \(MemoryNeed.text(text.count))",
            advice: "encode it with scripts/tokens/encode, and give the file as data.tokens")
        let split = text.count - heldBack
        let parts = [text[..<split], text[split...]].map(UnsafeBufferPointer.init(rebasing:))
        var content = self
        if let place = BytePairTokenizer.firstInvalid(text) {
            content.notes.append(
                "\(path): byte \(place) is not UTF-8; such bytes are encoded one by one. "
                    + "Convert the text to UTF-8"
            )
        }
        let tokens = parts.map { tokenizer.encode($0) }
        let width = tokenizer.vocabulary <= 1 << 16 ? 2 : 4
        let block = MemoryBlock(count: (tokens[0].count + tokens[1].count) * width)
        var place = 0
        for token in tokens.joined() {
            if width == 2 {
                block.address.storeBytes(of: UInt16(token), toByteOffset: place, as: UInt16.self)
            } else {
                block.address.storeBytes(of: UInt32(token), toByteOffset: place, as: UInt32.self)
            }
            place += width
        }
        content.heldBack = tokens[1].count
        content.training = DecodedPart(
            count: block.count / width, sampleExtents: [width], inputType: .uint8, inputs: block,
            targetWidth: 0,
            targets: MemoryBlock(count: 0), hasTargets: false)
        return content
    }
}

extension TokenSequence {
    /// The tokens of a decoded text: bytes, or those of a tokenizer.
    init(_ text: DecodedDataset) {
        let element: Element =
            switch text.sampleShape.elementCount {
            case 1: .uint8
            case 2: .uint16
            default: .uint32
            }
        self.init(
            [Run(source: .memory(text.inputs), count: text.count, element: element)], owners: [text])
    }
}

extension DataCache {
    /// The text of a recipe as the tokens of a tokenizer: encoded once, and stored by the checksum of the
    /// tokenizer.
    func load(_ configuration: DataConfiguration, encodedBy tokenizer: StoredTokenizer) throws -> LoadedData {
        try configuration.validate()
        let source = configuration.decodingOnly
        let key = try Self.key(source, files: try source.sourceFiles()) + "\ntokenizer \(tokenizer.checksum)"
        let path = (source.recipe as? any TextRecipe)?.source ?? source.name
        return try load(named: "\(source.name)-tokens", key: key) { () throws(DatasetError) in
            try DecodedContent(source).encoded(by: tokenizer.tokenizer, from: path)
        }
    }
}
