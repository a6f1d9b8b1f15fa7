import Glibc

/// Checks the bytes of the arguments: Swift's argument list has replacement characters for bytes that are not
/// UTF-8.
package enum ArgumentEncoding {
    /// The problem with the arguments; nil for none.
    package static var mistake: String? {
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            let bytes = UnsafeBufferPointer(start: argument, count: strlen(argument)).map(
                UInt8.init(bitPattern:))
            if String(validating: bytes, as: UTF8.self) == nil {
                return "argument \(index), '\(String(decoding: bytes, as: UTF8.self))', is not UTF-8; "
                    + "give it in UTF-8 (check the terminal's encoding), and rename files whose names are not"
            }
        }
        return nil
    }
}
