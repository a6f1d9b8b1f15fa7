/// What a text is made of.
enum TextUnit: String, Codable, Sendable {
    case byte, token

    /// The value in a checkpoint, where bytes are the default.
    var stored: TextUnit? { self == .byte ? nil : self }
}
