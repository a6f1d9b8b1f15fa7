import LockstepConfiguration
import LockstepReaders
import LockstepTokens

/// Texts as token ids: raw files as nanoGPT writes them, or NPY arrays. Windows are read when they are needed.
public struct TokenFiles: DataComponent, Sendable {
    public static let name = "tokens"

    /// The types of numbers in files without a header, which are little-endian.
    public enum NumberType: String, Sendable, CaseIterable {
        /// 2 bytes.
        case uint16
        /// 4 bytes.
        case uint32
    }

    public static var keys: KeyTable<Self> {
        let file = "the path of a file, a pattern"
        return KeyTable(
            .oneOrMore(
                "path", \.path.patterns, what: file,
                "tokens: raw numbers (.bin), or NPY arrays [N] of uint16, uint32, int32 or int64",
                default: .required),
            .optionalOneOrMore(
                "validation_path", \.validationPath.filePatterns, what: file,
                "tokens for validation, instead of a share of the tokens"),
            .optionalInteger(
                "vocabulary", \.vocabulary, .vocabulary,
                "number of different tokens; auto: that of the tokenizer", absent: "auto"),
            .word("type", \.type, "type of the numbers in raw files"),
            .optionalText(
                "tokenizer", \.windows.tokenizer, what: "the path of a file",
                "tokenizer.json of the tokens (byte-level BPE), for bits per byte and generated texts; not needed for training"
            ),
            .including(\.windows))
    }

    /// The files.
    public var path = DataFiles("")
    /// The files of tokens for validation, instead of a part of the tokens.
    public var validationPath: DataFiles?
    /// The number of different tokens; nil for that of the tokenizer.
    public var vocabulary: Int?
    /// The type of the numbers in files without a header.
    public var type = NumberType.uint16
    /// Windows, the part held back for validation, and the tokenizer.
    public var windows = TextPreparation()

    /// The defaults; the path must be set, and the vocabulary or the tokenizer.
    public init() {}

    public func check() throws(ComponentError) {
        try ComponentError.requireFiles(path, "path")
        try windows.preparation.requireOneValidation(validationPath, "validation_path")
        try windows.validate()
        guard vocabulary != nil || windows.tokenizer != nil else {
            throw ComponentError(
                path: "vocabulary",
                problem:
                    "is needed without a tokenizer: give the number of different tokens, such as 50257 for GPT-2's tokens"
            )
        }
    }

    public func open(_ request: DatasetRequest) throws -> any Dataset {
        try TextDataset(source(request), windows, request)
    }

    public func schema(of constants: DatasetConstants) throws -> BatchSchema? {
        try windows.schema(of: constants)
    }

    public func tokenizer(
        of constants: DatasetConstants, vocabulary: Int
    ) throws -> (any Tokenizer)? {
        try windows.storedTokenizer(of: constants)?.tokenizer
    }

    public var files: [String] {
        get throws {
            try path.paths() + (validationPath?.paths() ?? []) + (windows.tokenizer.map { [$0] } ?? [])
        }
    }
    public var hasValidation: Bool { windows.validation != nil || validationPath != nil }
    public var taskName: String? { DataTask.language.rawValue }
    public var context: Int? { windows.context }
    public var evaluationBlock: Int { windows.evaluationBlock(tokens: TextPreparation.evaluatedTokens) }

    private func source(_ request: DatasetRequest) throws -> TextSource {
        let tokenizer = try windows.storedTokenizer(request)
        let vocabulary = try vocabulary(tokenizer, request)
        let element: TokenSequence.Element = type == .uint16 ? .uint16 : .uint32
        func open(_ files: DataFiles) throws -> [(file: TokenFile, scan: TokenScan)] {
            try files.paths().map { path in
                let file = try TokenFile(path, raw: element)
                let scan = try TokenScan.of(file, request.cache)
                try scan.require(below: vocabulary, in: file)
                return (file, scan)
            }
        }
        let (training, validation) = (try open(path), try validationPath.map(open) ?? [])
        let all = training + validation
        let crc = all.reduce(UInt32(0)) {
            Checksum.joined($0, $1.scan.crc, byteCount: $1.file.count * $1.file.element.byteCount)
        }
        return TextSource(
            tokens: TokenSequence(all.map(\.file)),
            heldBack: validation.reduce(0) { $0 + $1.file.count }, vocabulary: vocabulary, unit: .token,
            tokenizer: tokenizer,
            checksum: (tokenizer.map { "tokenizer of \($0.checksum), " } ?? "")
                + "vocabulary \(vocabulary), crc32 \(crc)",
            name: path.description)
    }

    private func vocabulary(_ tokenizer: StoredTokenizer?, _ request: DatasetRequest) throws -> Int {
        if let trained = try request.constants?.textConstants() { return trained.vocabulary }
        let known = tokenizer?.tokenizer.vocabulary ?? 0
        guard let vocabulary else { return known }
        guard vocabulary >= known else {
            throw DatasetError(
                .mismatch, windows.tokenizer,
                "the tokenizer has \(known) tokens, but data.tokens.vocabulary is \(vocabulary)",
                advice: "set the vocabulary to \(known) or more, or leave it out")
        }
        return vocabulary
    }
}
