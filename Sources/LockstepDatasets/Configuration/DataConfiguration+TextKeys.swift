import LockstepConfiguration

extension DataConfiguration.Text: Configurable {
    public init() { self.init(path: "") }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .oneOrMore(
                "path", \.path.patterns, what: "the path of a text file, a pattern",
                "the text; any file can be used, since tokens are bytes unless there is a tokenizer",
                default: .required),
            .optionalOneOrMore(
                "validation_file", \.validationFile.filePatterns, what: "the path of a text file, a pattern",
                "text for validation, instead of a share of the text"),
            .tokenizer(), .including(\.windows))
    }
}

extension DataConfiguration.KingJames: Configurable {
    public init() { self.init(program: Self.defaultProgram) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .program("program", \.program, "the program of Debian's package bible-kjv"),
            .tokenizer(), .including(\.windows))
    }
}

extension DataConfiguration.Shakespeare: Configurable {
    public init() { self.init(directory: nil) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .optionalText(
                "directory", \.directory, what: "the path of a folder",
                "folder of the ..._gut.txt files; auto: where scripts/setup --with-shakespeare puts them",
                absent: "auto"),
            .tokenizer(), .including(\.windows))
    }
}

extension KeyTable.Key where Value: TextRecipe {
    /// The tokenizer that encodes a text.
    fileprivate static func tokenizer() -> Self {
        .optionalText(
            "tokenizer", \.windows.tokenizer, what: "the path of a file",
            "tokenizer.json (byte-level BPE) that encodes the text; none: tokens are bytes")
    }
}

extension TextPreparation: Configurable {
    public init() { self.init(validation: nil) }

    public static var keys: KeyTable<Self> {
        KeyTable(
            .integer("context", \.context, .context, "number of tokens in a window"),
            .optionalNumber(
                "validation", \.validation, .validationShare,
                "share of the text, at its end, that is held back for validation"),
            .flag("random_offset", \.randomOffset, "windows start at another position in every epoch"))
    }
}
