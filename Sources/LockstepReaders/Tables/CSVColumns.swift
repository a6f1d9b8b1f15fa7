/// What each column of a training file in CSV is for. Checkpoints keep it.
package struct CSVColumns: Codable, Sendable, Equatable {
    /// What a column is for; categories carry their place in `vocabularies`.
    package enum Role: Codable, Sendable, Equatable {
        case target
        case number
        case category(Int)
        case ignored
    }

    /// The columns' names, or their numbers where there is no header.
    package private(set) var names: [String]
    /// What each column is for.
    package private(set) var roles: [Role]
    /// The names that occur in each column of categories; from the training file.
    package var vocabularies: [CSVVocabulary]
    /// The names of the classes.
    package var classes = CSVVocabulary()

    /// Finds the columns that a format names.
    package init(
        names: [String], format: TableFormat, path: String
    ) throws(DatasetError) {
        var roles = [Role](repeating: .number, count: names.count)
        func column(_ name: String) throws(DatasetError) -> Int {
            if let index = names.firstIndex(of: name) { return index }
            if !format.header, let number = Int(name), number < 0, names.count + number >= 0 {
                return names.count + number
            }
            throw DatasetError(
                .format, path, .line(1), "there is no column '\(name)'",
                advice:
                    "the columns are \(Self.list(names))\(format.header ? "" : " (the file is read as one without header)")"
            )
        }
        let target = try column(format.target)
        roles[target] = .target
        for name in format.categorical {
            let index = try column(name)
            guard roles[index] == .number else {
                throw DatasetError(
                    .format, path, .line(1), "column '\(name)' is named twice, as target or category",
                    advice: "name it once")
            }
            roles[index] = .category(0)
        }
        for name in format.ignore {
            let index = try column(name)
            guard roles[index] == .number else {
                throw DatasetError(
                    .format, path, .line(1), "column '\(name)' is both ignored and used",
                    advice: "name it once")
            }
            roles[index] = .ignored
        }
        guard roles.contains(where: { $0 != .target && $0 != .ignored }) else {
            throw DatasetError(
                .format, path, .line(1), "no column is left to predict '\(format.target)' from",
                advice: "check the delimiter '\(format.delimiter)' and the list of ignored columns")
        }
        // Categories are numbered in the order of the columns: that in which a row is read.
        var place = 0
        for index in roles.indices where roles[index] == .category(0) {
            roles[index] = .category(place)
            place += 1
        }
        self.names = names
        self.roles = roles
        vocabularies = format.categorical.map { _ in CSVVocabulary() }
    }

    /// The names of the inputs: a column's name, or column=category.
    package var featureNames: [String] {
        zip(names, roles).flatMap { name, role -> [String] in
            switch role {
            case .number: [name]
            case .category(let place): vocabularies[place].names.map { "\(name)=\($0)" }
            case .target, .ignored: []
            }
        }
    }

    /// The first name that stands twice.
    package static func duplicate(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }

    /// Names for a message: the first twelve, and how many more there are.
    package static func list(_ names: [String]) -> String {
        let shown = names.prefix(12).joined(separator: ", ")
        return names.count > 12 ? "\(shown), and \(names.count - 12) more" : shown
    }
}
