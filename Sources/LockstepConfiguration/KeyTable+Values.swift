/// Keys with a single value or a list of them.
extension KeyTable.Key {
    /// The default of a key.
    public typealias Default = KeyTable<Value>.Default

    /// A key with a value of a format.
    private init<Content>(
        _ name: String, _ path: WritableKeyPath<Value, Content>, _ meaning: String,
        _ standard: Default<Content>, _ format: ValueFormat<Content>
    ) {
        self.init(path, standard) { try $0.value(name, meaning, default: $1, format) }
    }

    /// A number.
    public static func number(
        _ name: String, _ path: WritableKeyPath<Value, Double>, _ legal: LegalRange<Double>,
        _ meaning: String,
        default standard: Default<Double> = .initial
    ) -> Self { Self(name, path, meaning, standard, .number(legal)) }

    /// A number, or nil, which is written as the word `absent`.
    public static func optionalNumber(
        _ name: String, _ path: WritableKeyPath<Value, Double?>, _ legal: LegalRange<Double>,
        _ meaning: String,
        absent: String = "none", default standard: Default<Double?> = .initial
    ) -> Self { Self(name, path, meaning, standard, ValueFormat<Double>.number(legal).optional(absent)) }

    /// A whole number.
    public static func integer(
        _ name: String, _ path: WritableKeyPath<Value, Int>, _ legal: LegalRange<Int>, _ meaning: String,
        default standard: Default<Int> = .initial
    ) -> Self { Self(name, path, meaning, standard, .integer(legal)) }

    /// A whole number, or nil, which is written as the word `absent`.
    public static func optionalInteger(
        _ name: String, _ path: WritableKeyPath<Value, Int?>, _ legal: LegalRange<Int>, _ meaning: String,
        absent: String = "none", default standard: Default<Int?> = .initial
    ) -> Self { Self(name, path, meaning, standard, ValueFormat<Int>.integer(legal).optional(absent)) }

    /// A list of whole numbers, each within a range; `count` is the range of their number.
    public static func integers(
        _ name: String, _ path: WritableKeyPath<Value, [Int]>, _ legal: LegalRange<Int>,
        count: LegalRange<Int> = .any, _ meaning: String, default standard: Default<[Int]> = .initial
    ) -> Self { Self(name, path, meaning, standard, .integers(legal, count: count)) }

    /// A list of numbers, each within a range; `count` is the range of their number.
    public static func numbers(
        _ name: String, _ path: WritableKeyPath<Value, [Double]>, _ legal: LegalRange<Double>,
        count: LegalRange<Int> = .any, _ meaning: String, default standard: Default<[Double]> = .initial
    ) -> Self { Self(name, path, meaning, standard, .numbers(legal, count: count)) }

    /// A seed of random numbers: any whole number of 64 bits.
    public static func seed(
        _ name: String, _ path: WritableKeyPath<Value, UInt64>, _ meaning: String
    ) -> Self { Self(name, path, meaning, .initial, .seed) }

    /// `true` or `false`.
    public static func flag(
        _ name: String, _ path: WritableKeyPath<Value, Bool>, _ meaning: String,
        default standard: Default<Bool> = .initial
    ) -> Self { Self(name, path, meaning, standard, .flag) }

    /// One of the words of an enumeration.
    public static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ path: WritableKeyPath<Value, Word>, _ meaning: String,
        default standard: Default<Word> = .initial
    ) -> Self { Self(name, path, meaning, standard, .word()) }

    /// A list of words of an enumeration.
    public static func words<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ path: WritableKeyPath<Value, [Word]>, _ meaning: String,
        default standard: Default<[Word]> = .initial
    ) -> Self { Self(name, path, meaning, standard, .words()) }

    /// A text that is not empty; `what` describes it, such as `the path of a folder`.
    public static func text(
        _ name: String, _ path: WritableKeyPath<Value, String>, what: String = "a text", _ meaning: String,
        default standard: Default<String> = .initial
    ) -> Self { Self(name, path, meaning, standard, .text(what)) }

    /// A text that is not empty, or nil, which is written as the word `absent`.
    public static func optionalText(
        _ name: String, _ path: WritableKeyPath<Value, String?>, what: String = "a text", _ meaning: String,
        absent: String = "none", default standard: Default<String?> = .initial
    ) -> Self { Self(name, path, meaning, standard, ValueFormat.text(what).optional(absent)) }

    /// A list of texts.
    /// - Parameter canBeEmpty: whether a text may be empty.
    public static func texts(
        _ name: String, _ path: WritableKeyPath<Value, [String]>, canBeEmpty: Bool = false, _ meaning: String,
        default standard: Default<[String]> = .initial
    ) -> Self { Self(name, path, meaning, standard, .texts(canBeEmpty: canBeEmpty)) }

    /// A text or a list of texts, none of them empty; `what` describes one of them.
    public static func oneOrMore(
        _ name: String, _ path: WritableKeyPath<Value, [String]>, what: String, _ meaning: String,
        default standard: Default<[String]> = .initial
    ) -> Self { Self(name, path, meaning, standard, .oneOrMore(what)) }

    /// A text or a list of texts, or nil, which is written as the word `absent`.
    public static func optionalOneOrMore(
        _ name: String, _ path: WritableKeyPath<Value, [String]?>, what: String, _ meaning: String,
        absent: String = "none", default standard: Default<[String]?> = .initial
    ) -> Self {
        Self(name, path, meaning, standard, ValueFormat<[String]>.oneOrMore(what).optional(absent))
    }

    /// A time in seconds, written as a number or as a text such as `1h30m`; nil is written `none`.
    public static func optionalDuration(
        _ name: String, _ path: WritableKeyPath<Value, Double?>, _ meaning: String
    ) -> Self { Self(name, path, meaning, .initial, ValueFormat.duration.optional()) }

    /// The path of a program to run. In a configuration from a run or a checkpoint, only the default is
    /// accepted: the author of that file must not decide which program is run here.
    public static func program(
        _ name: String, _ path: WritableKeyPath<Value, String>, _ meaning: String
    ) -> Self {
        Self(path, .initial) { section, value in
            let program = try section.value(name, meaning, default: value, .text("the path of a program"))
            let place = section.writtenKeys.first { $0.key == name }?.value.location ?? .unwritten
            if case .override = place { return program }
            guard !section.source.isForeign || program == value else {
                throw section.error(
                    .conflict, name,
                    "names a program to run, \(program), but this configuration comes from a run; if you trust it, confirm it: --set "
                        + "\(section.path(of: name))=\(program)")
            }
            return program
        }
    }
}
