import LockstepConfiguration
import LockstepExperiment
import LockstepTraining
import Testing

/// What the list of keys says of a number against what is refused: at the borders of each range, and next to them.
@Suite struct ListedRangeTests {
    /// A number that a run file has, and how an override names it.
    private struct Place {
        /// As the list of keys has it: `model.cnn.stages[].kernel`.
        let path: String
        /// As `--set` has it: `model.cnn.stages.0.kernel`.
        let override: String
    }

    /// The borders that words such as `a number above 0 and of at most 1` tell.
    private struct Borders {
        var lowest: (value: Double, isLegal: Bool)?
        var highest: (value: Double, isLegal: Bool)?

        init(_ words: String) {
            let words = words.replacing(",", with: "").split(separator: " ").map(String.init)
            for (index, word) in words.enumerated() {
                guard let value = Double(word) else { continue }
                switch (index >= 2 ? words[index - 2] : "", index >= 1 ? words[index - 1] : "") {
                case ("at", "least"), (_, "from"): lowest = (value, true)
                case (_, "above"): lowest = (value, false)
                case ("at", "most"), (_, "to"): highest = (value, true)
                case (_, "below"): highest = (value, false)
                default: Issue.record("\(words): what does \(word) mean?")
                }
            }
        }
    }

    /// The places of a tree that hold no map.
    private static func places(_ node: ConfigurationNode, _ path: String = "", _ override: String = "")
        -> [Place]
    {
        func below(_ parent: String, _ key: String) -> String { parent.isEmpty ? key : "\(parent).\(key)" }
        switch node.content {
        case .mapping(let entries):
            return entries.flatMap { places($0.value, below(path, $0.key), below(override, $0.key)) }
        case .sequence(let nodes):
            let elements = nodes.enumerated().filter {
                if case .mapping = $0.element.content { true } else { false }
            }
            return [Place(path: path, override: override)]
                + elements.flatMap { places($0.element, "\(path)[]", "\(override).\($0.offset)") }
        case .scalar, .empty: return [Place(path: path, override: override)]
        }
    }

    /// The message that a value is out of its range with; nil where it is not.
    private static func refusal(_ file: String, _ place: Place, _ value: String) -> String? {
        do {
            _ = try RunFile(yaml: file, overrides: ["\(place.override)=\(value)"])
            return nil
        } catch {
            let text = "\(error)"
            return text.contains(": must be a number") || text.contains(": must be a whole number")
                ? text : nil
        }
    }

    private static func isNumber(_ values: String) -> Bool {
        ["a number", "a whole number", "a list of numbers", "a list of whole numbers"].contains {
            values.hasPrefix($0)
        }
    }

    /// Refuses below and above, takes the borders: as the words say.
    private static func check(_ key: ConfigurationReference.Key, _ file: String, _ place: Place) {
        let isWhole = key.values.contains("whole")
        let range = key.values.split(separator: ", or ")[0].split(separator: ", such")[0]
            .replacing("a list of whole numbers", with: "a whole number")
            .replacing("a list of numbers", with: "a number")
        func text(_ value: Double) -> String {
            let number = isWhole ? "\(Int(value))" : "\(value)"
            return key.values.hasPrefix("a list") ? "[\(number)]" : number
        }
        func probe(_ value: Double, isLegal: Bool) {
            let refusal = refusal(file, place, text(value))
            if isLegal {
                #expect(refusal == nil, "\(key.path): \(range)")
            } else {
                #expect(
                    refusal?.contains(": must be \(range)") == true,
                    "\(key.path): \(value): \(refusal ?? "taken")")
            }
        }
        let borders = Borders(String(range))
        #expect(borders.lowest != nil, "\(key.path) has no range: \(key.values)")
        if let lowest = borders.lowest {
            probe(lowest.value, isLegal: lowest.isLegal)
            let inside = isWhole ? lowest.value + 1 : lowest.value.nextUp
            let outside = isWhole ? lowest.value - 1 : lowest.value.nextDown
            if lowest.isLegal { probe(outside, isLegal: false) } else { probe(inside, isLegal: true) }
        }
        // Next to the largest seed there is no number that this type has.
        if let highest = borders.highest, !isWhole || highest.value < 1e15 {
            probe(highest.value, isLegal: highest.isLegal)
            let inside = isWhole ? highest.value - 1 : highest.value.nextDown
            let outside = isWhole ? highest.value + 1 : highest.value.nextUp
            if highest.isLegal { probe(outside, isLegal: false) } else { probe(inside, isLegal: true) }
        }
    }

    @Test func bordersAreAsListed() throws {
        // Of a table nothing can be augmented.
        var keys = try ConfigurationReference.runFile().keys.filter { key in
            Self.isNumber(key.values)
                && !ConfigurationReferenceTests.kindsWithoutAugmentation.contains {
                    key.path.hasPrefix("data.\($0).augment[]")
                }
        }
        #expect(keys.count > 100)
        for variant in ConfigurationReferenceTests.variants {
            let file = try ConfigurationReferenceTests.text(variant)
            for place in try Self.places(.yaml(file, file: nil)) {
                guard let index = keys.firstIndex(where: { $0.path == place.path }) else { continue }
                Self.check(keys.remove(at: index), file, place)
            }
        }
        #expect(keys.map(\.path) == [])
    }
}
