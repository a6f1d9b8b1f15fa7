import LockstepDatasets

extension DataConfiguration {
    static func text(_ section: ConfigurationSection, _ value: Text?) throws -> Text {
        Text(
            path: try section.string("path", default: value?.path, what: "the path of a text file"),
            windows: try .read(section, default: value?.windows ?? .init()))
    }

    static func kingJames(_ section: ConfigurationSection, _ value: KingJames?) throws -> KingJames {
        let usual = value ?? KingJames()
        return KingJames(
            program: try section.string("program", default: usual.program, what: "the path of a program"),
            windows: try .read(section, default: usual.windows))
    }

    static func shakespeare(_ section: ConfigurationSection, _ value: Shakespeare?) throws -> Shakespeare {
        let usual = value ?? Shakespeare()
        return Shakespeare(
            directory: try section.automaticString(
                "directory", default: usual.directory, what: "the path of a folder"),
            windows: try .read(section, default: usual.windows))
    }
}

extension TextPreparation {
    /// Reads the keys that all texts have in common.
    static func read(_ section: ConfigurationSection, default value: Self) throws -> Self {
        TextPreparation(
            context: try section.integer("context", default: value.context),
            validation: try section.optionalDouble("validation", default: value.validation),
            randomOffset: try section.boolean("random_offset", default: value.randomOffset))
    }
}
