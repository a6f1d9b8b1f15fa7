import LockstepConfiguration
import LockstepDatasets

extension DataConfiguration {
    package static func text(_ section: ConfigurationSection, _ value: Text?) throws -> Text {
        Text(
            path: try section.string(
                "path", "the text; any file is one, of bytes", default: value?.path,
                what: "the path of a text file"),
            windows: try .read(section, default: value?.windows ?? .init()))
    }

    package static func kingJames(_ section: ConfigurationSection, _ value: KingJames?) throws -> KingJames {
        let usual = value ?? KingJames()
        return KingJames(
            program: try section.program(
                "program", "the program of Debian's package bible-kjv", default: usual.program),
            windows: try .read(section, default: usual.windows))
    }

    package static func shakespeare(_ section: ConfigurationSection, _ value: Shakespeare?) throws
        -> Shakespeare
    {
        let usual = value ?? Shakespeare()
        return Shakespeare(
            directory: try section.automaticString(
                "directory",
                "folder of the ..._gut.txt files; auto: where scripts/setup --with-shakespeare puts them",
                default: usual.directory, what: "the path of a folder"),
            windows: try .read(section, default: usual.windows))
    }
}

extension TextPreparation {
    /// Reads the keys that all texts have in common.
    package static func read(_ section: ConfigurationSection, default value: Self) throws -> Self {
        TextPreparation(
            context: try section.integer(
                "context", "bytes of a window", default: value.context, .context),
            validation: try section.optionalDouble(
                "validation", "share of the text, at its end, that is held back for validation",
                default: value.validation, .validationShare),
            randomOffset: try section.boolean(
                "random_offset", "windows start at another place in every epoch", default: value.randomOffset)
        )
    }
}
