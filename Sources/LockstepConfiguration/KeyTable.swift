/// The keys of one map of a run file, each declared once: name, property, allowed values, default, and meaning.
///
/// Reading, range checks, `config.yaml`, `lockstep keys` and the reference page all come from it:
/// ```swift
/// struct TwoTower: Component {
///     static let name = "two_tower"
///     static var keys: KeyTable<Self> {
///         KeyTable(
///             .integer("width", \.width, .within(1...4096), "units of each layer"),
///             .number("dropout", \.dropout, .within(0..<1), "probability with which a unit is dropped in training"))
///     }
///     var width = 64
///     var dropout = 0.0
/// }
/// ```
/// Keys are read, listed and written in the order of their declaration.
public struct KeyTable<Value> {
    /// The value of a key that is not written.
    public enum Default<Content> {
        /// The value of `init()`.
        case initial
        /// None: the key is required. The value of `init()` is a placeholder.
        case required
        /// It depends on the keys that are declared before this one.
        case following((Value) -> Content)
    }

    /// A key, or several keys that always occur together.
    public struct Key {
        /// Reads into a value; the flag is true if the value is given, so that its content is the default.
        let read: (ConfigurationSection, inout Value, Bool) throws -> Void

        /// A key that `read` reads, with a default if there is one.
        package init<Content>(
            _ path: WritableKeyPath<Value, Content>, _ standard: Default<Content>,
            _ read: @escaping (ConfigurationSection, Content?) throws -> Content
        ) {
            self.read = { section, value, isGiven in
                let content: Content? =
                    switch standard {
                    case _ where isGiven: value[keyPath: path]
                    case .initial: value[keyPath: path]
                    case .required: nil
                    case .following(let content): content(value)
                    }
                value[keyPath: path] = try read(section, content)
            }
        }

        /// The keys of a part of the value, which are in the same map.
        public static func including<Part: Configurable>(_ path: WritableKeyPath<Value, Part>) -> Self {
            Self { section, value, isGiven in
                try Part.keys.read(section, into: &value[keyPath: path], isGiven: isGiven)
            }
        }

        /// Several keys, in this order.
        package static func all(_ keys: Self...) -> Self {
            Self { section, value, isGiven in
                for key in keys { try key.read(section, &value, isGiven) }
            }
        }

        init(_ read: @escaping (ConfigurationSection, inout Value, Bool) throws -> Void) {
            self.read = read
        }
    }

    private let initial: () -> Value
    private let keys: [Key]

    /// A table for a value whose defaults, and placeholders for required keys, come from `initial`.
    public init(defaults initial: @autoclosure @escaping () -> Value, _ keys: Key...) {
        self.initial = initial
        self.keys = keys
    }

    /// A table for a type whose `init()` has the defaults.
    public init(_ keys: Key...) where Value: Configurable {
        initial = { Value() }
        self.keys = keys
    }

    /// Reads a map; to write or check a value instead, pass it as `value`, which then provides the defaults.
    package func read(_ section: ConfigurationSection, _ value: Value?) throws -> Value {
        var result = value ?? initial()
        try read(section, into: &result, isGiven: value != nil)
        return result
    }

    func read(_ section: ConfigurationSection, into value: inout Value, isGiven: Bool) throws {
        for key in keys { try key.read(section, &value, isGiven) }
    }

    /// Every key of a value, as in `config.yaml`.
    ///
    /// - Throws: `ConfigurationError` for the first key that is out of its range.
    package func effective(_ value: Value) throws -> EffectiveConfiguration {
        let section = try ConfigurationSection(root: nil, file: nil)
        _ = try read(section, value)
        return section.effective
    }
}
