import LockstepReaders
import LockstepTokens

/// A tokenizer with the contents of its file, which checkpoints store.
struct StoredTokenizer: Sendable {
    /// The name of the file's contents among the constants of a data set.
    static let name = "tokenizer"

    /// The contents of the file.
    let json: String
    let tokenizer: BytePairTokenizer

    /// Reads a file.
    init(path: String) throws(DatasetError) {
        let file = try SourceFile(path: path, .text)
        guard let json = String(validating: file.bytes, as: UTF8.self) else {
            throw DatasetError(
                .format, path, "it is not a tokenizer.json: its text is not UTF-8",
                advice: "save the tokenizer again")
        }
        self.json = json
        do throws(TokenizerError) {
            tokenizer = try BytePairTokenizer(json: Array(file.bytes))
        } catch {
            throw DatasetError(.format, path, error.problem, advice: error.advice)
        }
    }

    /// Reads the contents of a file.
    init(json: String) throws(DatasetConstantsError) {
        self.json = json
        do throws(TokenizerError) {
            tokenizer = try BytePairTokenizer(json: Array(json.utf8))
        } catch {
            throw DatasetConstantsError(name: Self.name, reason: "\(error)")
        }
    }

    /// A text that is equal for equal files.
    var checksum: String {
        var json = json
        return json.withUTF8 { bytes in
            let crc = bytes.baseAddress.map { Checksum.crc($0, bytes.count) } ?? 0
            return "\(bytes.count) bytes (crc \(crc))"
        }
    }
}
