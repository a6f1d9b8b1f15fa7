import Foundation

/// Hosts with their slots, in the format of `-H` and of the launcher's host files.
package struct HostList: Sendable, Equatable {
    /// A host.
    package struct Host: Sendable, Equatable {
        package var name: String
        /// The number of ranks to run there; nil if not given.
        package var slots: Int?

        package init(name: String, slots: Int?) {
            self.name = name
            self.slots = slots
        }
    }

    /// A mistake, with its position.
    package struct Mistake: Error, CustomStringConvertible {
        package var description: String
    }

    /// The hosts in order.
    package private(set) var hosts: [Host] = []

    /// `node1:4,node2`
    package init(list: String) throws(Mistake) {
        for entry in list.split(separator: ",") {
            let parts = entry.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            try add(String(parts[0]), slots: parts.count > 1 ? String(parts[1]) : nil, place: "--hosts")
        }
        if hosts.isEmpty { throw Mistake(description: "--hosts contains no host.") }
    }

    /// One host per line, `node1 slots=4`; comments start with #.
    package init(file: String) throws(Mistake) {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Mistake(description: "The host file '\(file)' cannot be read.")
        }
        let text = String(decoding: data, as: UTF8.self).replacing("\r\n", with: "\n")
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let place = "\(file):\(index + 1)"
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let name = words.first else { continue }
            guard words.count <= 2, words.count == 1 || words[1].hasPrefix("slots=") else {
                throw Mistake(
                    description:
                        "\(place): only slots=N may follow the host's name; got '\(words.dropFirst().joined(separator: " "))'."
                )
            }
            try add(name, slots: words.count == 2 ? String(words[1].dropFirst(6)) : nil, place: place)
        }
        if hosts.isEmpty { throw Mistake(description: "The host file '\(file)' contains no host.") }
    }

    private mutating func add(_ name: String, slots: String?, place: String) throws(Mistake) {
        let isLegal = name.first?.isLetter == true || name.first?.isNumber == true
        guard isLegal, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
        else { throw Mistake(description: "\(place): '\(name)' is not the name of a host.") }
        if hosts.contains(where: { $0.name == name }) {
            throw Mistake(
                description: "\(place): \(name) is listed twice; list it once, with all its slots.")
        }
        guard let slots else { return hosts.append(Host(name: name, slots: nil)) }
        guard let number = Int(slots), number >= 1 else {
            throw Mistake(
                description:
                    "\(place): the slots of \(name) must be a whole number from 1 on; got '\(slots)'.")
        }
        hosts.append(Host(name: name, slots: number))
    }
}
