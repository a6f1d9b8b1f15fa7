/// The size of a YAML text after every alias (`*a`) has been replaced by the node of its anchor (`&a`).
///
/// Nested aliases can expand a few lines beyond any memory, and the YAML library expands them whenever it compares
/// keys. The size is therefore computed from the text, before it is parsed. A node ends before its first alias, so
/// the text between anchor and first alias is at least as long as the node.
package enum AliasExpansion {
    /// An anchor or alias in the text, and its position.
    private struct Mark {
        var name: ArraySlice<UInt8>
        var place: Int
        var isAnchor: Bool
    }

    /// The maximum expanded size, in bytes.
    private static let largest = 4e6

    /// A problem of the anchors and aliases of a text; nil if there is none.
    package static func problem(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        let marks = marks(bytes)
        guard marks.contains(where: { !$0.isAnchor }) else { return nil }
        var anchors: [ArraySlice<UInt8>: Int] = [:]
        for mark in marks where mark.isAnchor {
            guard anchors.updateValue(mark.place, forKey: mark.name) == nil else {
                return "the anchor &\(String(decoding: mark.name, as: UTF8.self)) is defined twice"
            }
        }
        // In the order of first aliases: the text before the first alias of a node contains no aliases of later nodes.
        var sizes: [ArraySlice<UInt8>: Double] = [:]
        // The expanded size of the text before each mark.
        var total = 0.0
        var before: [Int: Double] = [:]
        var end = 0
        for mark in marks {
            total += Double(mark.place - end)
            end = mark.place
            if mark.isAnchor {
                before[mark.place] = total
            } else if let anchor = anchors[mark.name], anchor < mark.place {
                let size = sizes[mark.name] ?? (total - (before[anchor] ?? 0))
                sizes[mark.name] = size
                total += size
            }
            guard total <= largest else {
                return
                    "its aliases expand to more than \(Int(largest)) bytes; write the values without aliases"
            }
        }
        return nil
    }

    /// Everything that looks like an anchor or an alias, even in a string or a comment: the size may be
    /// overestimated, not underestimated.
    private static func marks(_ bytes: [UInt8]) -> [Mark] {
        var marks: [Mark] = []
        for place in bytes.indices
        where bytes[place] == UInt8(ascii: "&") || bytes[place] == UInt8(ascii: "*") {
            let name = bytes[(place + 1)...].prefix { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
            guard !name.isEmpty else { continue }
            marks.append(Mark(name: name, place: place, isAnchor: bytes[place] == UInt8(ascii: "&")))
        }
        return marks
    }
}
