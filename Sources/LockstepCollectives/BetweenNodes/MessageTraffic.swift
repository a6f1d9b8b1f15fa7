/// The messages that a rank has sent to other nodes.
package struct MessageTraffic: Sendable, Hashable {
    /// The number of messages.
    package var messages = 0
    /// Their bytes.
    package var bytes = 0

    package init(messages: Int = 0, bytes: Int = 0) {
        self.messages = messages
        self.bytes = bytes
    }

    /// The sum of two.
    package static func + (left: MessageTraffic, right: MessageTraffic) -> MessageTraffic {
        MessageTraffic(messages: left.messages + right.messages, bytes: left.bytes + right.bytes)
    }

    /// Adds a message, cut into pieces of at most `limit` bytes.
    package mutating func add(byteCount: Int, limit: Int) {
        messages += (byteCount + limit - 1) / limit
        bytes += byteCount
    }
}
