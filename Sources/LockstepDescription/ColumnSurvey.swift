import LockstepReaders
import LockstepText

/// How numbers are written in a table.
enum Spelling: Int, CaseIterable {
    /// 1234.5
    case plain
    /// 1,234.5
    case thousands
    /// 1.234,5
    case comma

    var numbers: NumberSpelling {
        switch self {
        case .plain: NumberSpelling(decimal: ".", thousands: "")
        case .thousands: NumberSpelling(decimal: ".", thousands: ",")
        case .comma: NumberSpelling(decimal: ",", thousands: ".")
        }
    }
}

/// Statistics of a column of a table, in bounded memory.
struct ColumnSurvey {
    /// The numbers of a column in one spelling.
    struct Numbers {
        var count = 0
        var smallest = Double.infinity
        var largest = -Double.infinity
        var sum = 0.0
        var areWhole = true
        /// Whether each number is one more than the previous one.
        var areConsecutive = true
        private var last: Double?

        mutating func add(_ value: Double) {
            count += 1
            smallest = min(smallest, value)
            largest = max(largest, value)
            sum += value
            if value != value.rounded() { areWhole = false }
            if let last, value != last + 1 { areConsecutive = false }
            last = value
        }
    }

    /// The date formats that are tried.
    static let formats = [
        "iso", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%y", "%m/%d/%y", "%d-%m-%Y", "%d-%b-%Y",
        "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%Y%m%d",
    ].flatMap { $0 == "iso" ? [$0] : [$0, $0 + " %H:%M", $0 + " %H:%M:%S"] }
    /// The maximum number of distinct values to count.
    static let mostValues = 1000

    let name: String
    /// The number of fields, and of fields without a value.
    var count = 0
    var missing = 0
    var numbers = [Numbers](repeating: Numbers(), count: Spelling.allCases.count)
    /// The date formats that match all fields so far.
    var dates = Self.formats.map { ($0, DateFormat($0)) }
    /// The frequency of each value, unless there are too many.
    var values: [String: Int] = [:]
    var hasManyValues = false
    var words = 0
    /// The first fields that are not numbers, by spelling, and the first missing fields, with their positions.
    var others = [[(place: String, text: String)]](repeating: [], count: Spelling.allCases.count)
    var missingPlaces: [String] = []
    private let limit: Int

    init(name: String, limit: Int) { (self.name, self.limit) = (name, limit) }

    /// Adds a field.
    /// - Parameter place: file and line.
    mutating func add(
        _ field: UnsafeBufferPointer<UInt8>, isMissing: Bool, _ place: @autoclosure () -> String
    ) {
        count += 1
        guard !isMissing else {
            missing += 1
            if missingPlaces.count < limit { missingPlaces.append(place()) }
            return
        }
        let hasComma = field.contains(UInt8(ascii: ","))
        let plain = hasComma ? nil : DecimalNumber.parse(field)
        for spelling in Spelling.allCases {
            let value =
                switch spelling {
                case .plain: plain
                case .thousands: hasComma ? spelling.numbers.parse(field) : plain
                case .comma:
                    hasComma || field.contains(UInt8(ascii: ".")) ? spelling.numbers.parse(field) : plain
                }
            if let value, Float(value).isFinite {
                numbers[spelling.rawValue].add(value)
            } else if others[spelling.rawValue].count < limit {
                others[spelling.rawValue].append((place(), String(decoding: field.prefix(40), as: UTF8.self)))
            }
        }
        if !dates.isEmpty { dates.removeAll { $0.1.parse(field) == nil } }
        guard !hasManyValues || plain == nil else { return }
        let text = String(decoding: field.prefix(1 << 16), as: UTF8.self)
        if plain == nil { words += text.split(separator: " ").count }
        guard !hasManyValues else { return }
        values[text, default: 0] += 1
        if values.count > Self.mostValues {
            hasManyValues = true
            values = [:]
        }
    }

    /// The number of fields with a value.
    var present: Int { count - missing }

    /// The most frequent values with their frequencies.
    var frequent: [(value: String, count: Int)] {
        values.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }
}
