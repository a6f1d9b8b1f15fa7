/// Reads dates in one format: `iso`, or a format of strptime.
package struct DateFormat {
    private enum Part: Equatable {
        case text([UInt8])
        /// Any number of blanks.
        case blanks
        /// A code of strptime.
        case code(UInt8)
    }

    /// The supported codes.
    package static let codes = "%Y %y %m %d %j %b %B %a %A %H %I %p %M %S %f %z %%"

    private let parts: [Part]
    private let isISO: Bool

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
        "november", "december",
    ].map { Array($0.utf8) }
    private static let weekdays = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ].map { Array($0.utf8) }

    /// What is wrong with a format; nil if it can be used.
    package static func problem(_ format: String) -> String? {
        if format == "iso" { return nil }
        var (bytes, codes) = (Array(format.utf8)[...], [] as [UInt8])
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else { continue }
            guard let code = bytes.popFirst(), self.codes.utf8.contains(code), code != UInt8(ascii: " ")
            else {
                return "has an unknown code; use iso, or these codes: \(self.codes)"
            }
            codes.append(code)
        }
        let hasYear = codes.contains(UInt8(ascii: "Y")) || codes.contains(UInt8(ascii: "y"))
        let hasMonth = !Set(codes).isDisjoint(with: Array("mbB".utf8)) && codes.contains(UInt8(ascii: "d"))
        guard hasYear, hasMonth || codes.contains(UInt8(ascii: "j")) else {
            return
                "must have a year (%Y or %y), a month (%m, %b or %B) and a day (%d), or a year and %j; or be iso"
        }
        return nil
    }

    /// - Parameter format: one without a `problem`.
    package init(_ format: String) {
        isISO = format == "iso"
        var parts: [Part] = []
        var bytes = Array(format.utf8)[...]
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%"), let code = bytes.popFirst() {
                parts.append(code == byte ? .text([byte]) : .code(code))
            } else if byte == UInt8(ascii: " ") {
                parts.append(.blanks)
            } else if case .text(let text)? = parts.last {
                parts[parts.count - 1] = .text(text + [byte])
            } else {
                parts.append(.text([byte]))
            }
        }
        self.parts = isISO ? [] : parts
    }

    /// The date in a text; nil if the whole text is not a date. A time with an offset from UTC is converted to UTC.
    package func parse(_ text: UnsafeBufferPointer<UInt8>) -> CalendarDate? {
        var reading = Reading(text)
        if isISO {
            guard reading.iso() else { return nil }
        } else {
            for part in parts {
                let isRead =
                    switch part {
                    case .text(let bytes): reading.skip(bytes)
                    case .blanks: reading.skipBlanks()
                    case .code(let code): reading.read(code)
                    }
                guard isRead else { return nil }
            }
        }
        return reading.date
    }

    /// Whether a text is a date.
    package func isDate(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { parse($0) } != nil
    }

    /// A text that is being read, and the values found so far.
    private struct Reading {
        private let text: UnsafeBufferPointer<UInt8>
        private var place = 0
        private var year = 1970
        private var month = 1
        private var day = 1
        private var dayOfYear: Int?
        private var hour = 0
        private var minute = 0
        private var second = 0.0
        private var isAfternoon: Bool?
        private var offset = 0

        init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

        private var byte: UInt8? { place < text.count ? text[place] : nil }

        /// The date, if all of the text has been read.
        var date: CalendarDate? {
            guard place == text.count, var date = CalendarDate(year: year, month: month, day: day) else {
                return nil
            }
            if let dayOfYear {
                date.days = CalendarDate.days(year, 1, 1) + dayOfYear - 1
                guard date.year == year else { return nil }
            }
            var hour = hour
            if let isAfternoon {
                guard 1...12 ~= hour else { return nil }
                hour = hour % 12 + (isAfternoon ? 12 : 0)
            }
            date.seconds = Double(hour * 3600 + minute * 60) + second
            date.add(seconds: -offset)
            return date
        }

        mutating func skip(_ bytes: [UInt8]) -> Bool {
            guard place + bytes.count <= text.count,
                text[place..<place + bytes.count].elementsEqual(bytes)
            else { return false }
            place += bytes.count
            return true
        }

        mutating func skipBlanks() -> Bool {
            let start = place
            while byte == 0x20 || byte == 0x09 { place += 1 }
            return place > start
        }

        /// A number of at least one digit and at most a given number of digits.
        private mutating func digits(_ most: Int, in legal: ClosedRange<Int>) -> Int? {
            let start = place
            var value = 0
            while place < start + most, let byte, byte &- 0x30 < 10 {
                value = value * 10 + Int(byte - 0x30)
                place += 1
            }
            return place > start && legal ~= value ? value : nil
        }

        private mutating func set(_ path: WritableKeyPath<Self, Int>, _ most: Int, _ legal: ClosedRange<Int>)
            -> Bool
        {
            guard let value = digits(most, in: legal) else { return false }
            self[keyPath: path] = value
            return true
        }

        /// The number of the next name, written in full or as its first three letters, in upper or lower case.
        private mutating func name(_ names: [[UInt8]]) -> Int? {
            func matches(_ name: some Collection<UInt8>) -> Bool {
                place + name.count <= text.count
                    && zip(name, text[place...]).allSatisfy { $0 == $1 | 0x20 }
            }
            for (number, name) in names.enumerated() {
                for length in [name.count, 3] where matches(name.prefix(length)) {
                    place += length
                    return number
                }
            }
            return nil
        }

        /// A fraction of a second: the digits after the point.
        private mutating func fraction() -> Bool {
            let start = place
            var (value, unit) = (0.0, 1.0)
            while place < start + 9, let byte, byte &- 0x30 < 10 {
                value = value * 10 + Double(byte - 0x30)
                unit *= 10
                place += 1
            }
            second += value / unit
            return place > start
        }

        /// `Z`, or the offset from UTC in hours and minutes.
        private mutating func zone() -> Bool {
            if byte == UInt8(ascii: "Z") || byte == UInt8(ascii: "z") {
                place += 1
                return true
            }
            guard byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") else { return false }
            let isWest = byte == UInt8(ascii: "-")
            place += 1
            guard let hours = digits(2, in: 0...23) else { return false }
            if byte == UInt8(ascii: ":") { place += 1 }
            let minutes = byte == nil ? 0 : digits(2, in: 0...59)
            guard let minutes else { return false }
            offset = (hours * 60 + minutes) * (isWest ? -60 : 60)
            return true
        }

        private mutating func seconds() -> Bool {
            guard let whole = digits(2, in: 0...60) else { return false }
            second = Double(whole)
            return true
        }

        mutating func read(_ code: UInt8) -> Bool {
            switch UnicodeScalar(code) {
            case "Y": return set(\.year, 4, 0...9999)
            case "y":
                guard let value = digits(2, in: 0...99) else { return false }
                // As in POSIX.
                year = value < 69 ? 2000 + value : 1900 + value
                return true
            case "m": return set(\.month, 2, 1...12)
            case "d": return set(\.day, 2, 1...31)
            case "j":
                dayOfYear = digits(3, in: 1...366)
                return dayOfYear != nil
            case "b", "B":
                guard let number = name(DateFormat.months) else { return false }
                month = number + 1
                return true
            case "a", "A": return name(DateFormat.weekdays) != nil
            case "H": return set(\.hour, 2, 0...23)
            case "I": return set(\.hour, 2, 1...12)
            case "p":
                guard let first = byte.map({ $0 | 0x20 }), first == 0x61 || first == 0x70,
                    place + 1 < text.count, text[place + 1] | 0x20 == 0x6D
                else { return false }
                isAfternoon = first == 0x70
                place += 2
                return true
            case "M": return set(\.minute, 2, 0...59)
            case "S": return seconds()
            case "f": return fraction()
            case "z": return zone()
            default: return false
            }
        }

        /// YYYY-MM-DD, optionally followed by T or a blank and HH:MM, HH:MM:SS or HH:MM:SS.fraction, and by an offset from UTC.
        mutating func iso() -> Bool {
            let dash = [UInt8(ascii: "-")]
            guard set(\.year, 4, 0...9999), place == 4, skip(dash), set(\.month, 2, 1...12), skip(dash),
                set(\.day, 2, 1...31)
            else { return false }
            guard byte == UInt8(ascii: "T") || byte == 0x20 else { return byte == nil }
            place += 1
            guard set(\.hour, 2, 0...23), skip([UInt8(ascii: ":")]), set(\.minute, 2, 0...59) else {
                return false
            }
            if byte == UInt8(ascii: ":") {
                place += 1
                guard seconds() else { return false }
                if byte == UInt8(ascii: ".") {
                    place += 1
                    guard fraction() else { return false }
                }
            }
            return byte == nil || zone()
        }
    }
}
