/// Keys with a single value or a list of them.
extension KeyTable.Key {
    public typealias Default = KeyTable<Value>.Default

    /// A number.
    public static func number(
        _ name: String, _ path: WritableKeyPath<Value, Double>, _ legal: LegalRange<Double>,
        _ meaning: String,
        default standard: Default<Double> = .initial
    ) -> Self {
        Self(path, standard) { try $0.double(name, meaning, default: $1, legal) }
    }

    /// A number, or nil, which is written as the word `absent`.
    public static func optionalNumber(
        _ name: String, _ path: WritableKeyPath<Value, Double?>, _ legal: LegalRange<Double>,
        _ meaning: String,
        absent: String = "none", default standard: Default<Double?> = .initial
    ) -> Self {
        Self(path, standard) { section, value in
            try section.optional(name, meaning, value ?? nil, legal.what, word: absent) {
                try section.double(name, meaning, default: value ?? nil, legal)
            }
        }
    }

    /// A whole number.
    public static func integer(
        _ name: String, _ path: WritableKeyPath<Value, Int>, _ legal: LegalRange<Int>, _ meaning: String,
        default standard: Default<Int> = .initial
    ) -> Self {
        Self(path, standard) { try $0.integer(name, meaning, default: $1, legal) }
    }

    /// A whole number, or nil, which is written as the word `absent`.
    public static func optionalInteger(
        _ name: String, _ path: WritableKeyPath<Value, Int?>, _ legal: LegalRange<Int>, _ meaning: String,
        absent: String = "none", default standard: Default<Int?> = .initial
    ) -> Self {
        Self(path, standard) { section, value in
            try section.optional(name, meaning, value ?? nil, legal.what, word: absent) {
                try section.integer(name, meaning, default: value ?? nil, legal)
            }
        }
    }

    /// A list of whole numbers, each within a range; `count` is the range of their number.
    public static func integers(
        _ name: String, _ path: WritableKeyPath<Value, [Int]>, _ legal: LegalRange<Int>,
        count: LegalRange<Int> = .any, _ meaning: String, default standard: Default<[Int]> = .initial
    ) -> Self {
        Self(path, standard) { try $0.integers(name, meaning, default: $1, count: count, legal) }
    }

    /// A source of random draws: any whole number of 64 bits.
    public static func seed(
        _ name: String, _ path: WritableKeyPath<Value, UInt64>, _ meaning: String
    ) -> Self {
        Self(path, .initial) { try $0.seed(name, meaning, default: $1 ?? 0) }
    }

    /// `true` or `false`.
    public static func flag(
        _ name: String, _ path: WritableKeyPath<Value, Bool>, _ meaning: String,
        default standard: Default<Bool> = .initial
    ) -> Self {
        Self(path, standard) { try $0.boolean(name, meaning, default: $1) }
    }

    /// One of the words of an enumeration.
    public static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ path: WritableKeyPath<Value, Word>, _ meaning: String,
        default standard: Default<Word> = .initial
    ) -> Self {
        Self(path, standard) { try $0.word(name, meaning, default: $1) }
    }

    /// A text that is not empty; `what` describes it, such as `the path of a folder`.
    public static func text(
        _ name: String, _ path: WritableKeyPath<Value, String>, what: String = "a text", _ meaning: String,
        default standard: Default<String> = .initial
    ) -> Self {
        Self(path, standard) { try $0.string(name, meaning, default: $1, what: what) }
    }

    /// A text that is not empty, or nil, which is written as the word `absent`.
    public static func optionalText(
        _ name: String, _ path: WritableKeyPath<Value, String?>, what: String = "a text", _ meaning: String,
        absent: String = "none", default standard: Default<String?> = .initial
    ) -> Self {
        Self(path, standard) { section, value in
            try section.optional(name, meaning, value ?? nil, what, word: absent) {
                try section.string(name, meaning, default: value ?? nil, what: what)
            }
        }
    }

    /// A list of texts.
    /// - Parameter canBeEmpty: whether a text may be empty.
    public static func texts(
        _ name: String, _ path: WritableKeyPath<Value, [String]>, canBeEmpty: Bool = false, _ meaning: String,
        default standard: Default<[String]> = .initial
    ) -> Self {
        Self(path, standard) { try $0.strings(name, meaning, default: $1, canBeEmpty: canBeEmpty) }
    }

    /// The path of a program to start, which a configuration that came with a run cannot change.
    public static func program(
        _ name: String, _ path: WritableKeyPath<Value, String>, _ meaning: String
    ) -> Self {
        Self(path, .initial) { try $0.program(name, meaning, default: $1 ?? "") }
    }

    /// A time in seconds, written as a number or as a text such as `1h30m`; or nil, which is written `none`.
    public static func optionalDuration(
        _ name: String, _ path: WritableKeyPath<Value, Double?>, _ meaning: String
    ) -> Self {
        Self(path, .initial) { try $0.optionalDuration(name, meaning, default: $1 ?? nil) }
    }
}
