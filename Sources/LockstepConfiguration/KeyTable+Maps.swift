/// Keys with maps or alternatives.
extension KeyTable.Key {
    /// A map of keys; if it is missing, it has its defaults.
    public static func section<Part: Configurable>(
        _ name: String, _ path: WritableKeyPath<Value, Part>
    ) -> Self {
        Self { section, value, isGiven in
            try section.section(name) {
                try Part.keys.read($0, into: &value[keyPath: path], isGiven: isGiven)
            }
        }
    }

    /// A map of keys, or nil, which is written `none`.
    public static func optionalSection<Part: Configurable>(
        _ name: String, _ path: WritableKeyPath<Value, Part?>, _ meaning: String
    ) -> Self {
        Self(path, .initial) {
            try $0.optionalSection(name, meaning, default: $1 ?? nil, Part.keys.read)
        }
    }

    /// A list of maps; `count` is the range of their number.
    public static func sections<Element: Configurable>(
        _ name: String, _ path: WritableKeyPath<Value, [Element]>, count: LegalRange<Int> = .any,
        _ meaning: String, default standard: Default<[Element]> = .initial
    ) -> Self {
        Self(path, standard) {
            try $0.sections(name, meaning, default: $1, count: count, Element.keys.read)
        }
    }

    /// One of several alternatives, such as `{norm: 1.0}` or `none`.
    public static func choice<Content: ConfigurableChoice>(
        _ name: String, _ path: WritableKeyPath<Value, Content>, _ meaning: String,
        default standard: Default<Content> = .initial
    ) -> Self {
        Self(path, standard) { try $0.choice(name, meaning, default: $1, Content.choices) }
    }

    /// A list of alternatives.
    public static func choices<Content: ConfigurableChoice>(
        _ name: String, _ path: WritableKeyPath<Value, [Content]>, _ meaning: String
    ) -> Self {
        Self(path, .initial) { try $0.choices(name, meaning, default: $1, Content.choices) }
    }

    /// One of the components of a registry.
    public static func component<Content>(
        _ name: String, _ path: WritableKeyPath<Value, Content>, of types: [any Component.Type],
        _ meaning: String, default standard: Default<Content> = .initial
    ) -> Self {
        Self(path, standard) { try $0.choice(name, meaning, default: $1, types.map { .component($0) }) }
    }

    /// A list of components of a registry.
    public static func components<Content>(
        _ name: String, _ path: WritableKeyPath<Value, [Content]>, of types: [any Component.Type],
        _ meaning: String
    ) -> Self {
        Self(path, .initial) { try $0.choices(name, meaning, default: $1, types.map { .component($0) }) }
    }

    /// One of the components of a registry, or nil, which is written as the word `absent`.
    public static func optionalComponent<Content>(
        _ name: String, _ path: WritableKeyPath<Value, Content?>, of types: [any Component.Type],
        _ meaning: String, absent: String
    ) -> Self {
        Self(path, .initial) {
            try $0.choice(
                name, meaning, default: .some($1 ?? nil), [.absent(absent)] + types.map { .component($0) })
        }
    }

    /// One of several alternatives, or nil, which is written as the word `absent`.
    public static func optionalChoice<Content: ConfigurableChoice>(
        _ name: String, _ path: WritableKeyPath<Value, Content?>, _ meaning: String, absent: String
    ) -> Self {
        Self(path, .initial) {
            try $0.choice(
                name, meaning, default: .some($1 ?? nil), [.absent(absent)] + Content.choices.map(\.optional))
        }
    }

    /// A list of maps whose table of keys is made for it. The keys of the maps are not listed, so the meaning must
    /// name them.
    public static func sections<Element>(
        _ name: String, _ path: WritableKeyPath<Value, [Element]>, _ keys: KeyTable<Element>,
        _ meaning: String
    ) -> Self {
        Self(path, .initial) { try $0.sections(name, meaning, default: $1, isListed: false, keys.read) }
    }
}
