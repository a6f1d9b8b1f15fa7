import Glibc

/// A column of dates, and the inputs that are made from each date.
public struct DateColumn: Codable, Sendable, Hashable {
    /// A number that is taken from a date.
    public enum Feature: String, Codable, Sendable, Hashable, CaseIterable {
        /// The year, such as 2026.
        case year
        /// From 1.
        case month
        /// The day of the month, from 1.
        case day
        /// From 1.
        case dayOfYear = "day_of_year"
        /// From 0, a Monday.
        case dayOfWeek = "day_of_week"
        /// From 0.
        case hour
        /// From 0.
        case minute
        /// With its fraction.
        case second
        /// Seconds since 1970.
        case unixTime = "unix_time"

        /// The period of a cyclic feature; nil for one that has none.
        package var period: Double? {
            switch self {
            case .year, .unixTime: nil
            case .month: 12
            case .day: 31
            case .dayOfYear: 366
            case .dayOfWeek: 7
            case .hour: 24
            case .minute, .second: 60
            }
        }
    }

    /// The name of the column.
    public var column: String
    /// The format of the dates: `iso`, or a format of strptime.
    public var format: String
    /// The features that become numbers.
    public var features: [Feature]
    /// The features that become two numbers, the sine and the cosine of 2 pi feature / period.
    public var cyclic: [Feature]

    /// A column of dates.
    public init(
        column: String = "", format: String = "iso", features: [Feature] = [.year, .month, .day],
        cyclic: [Feature] = []
    ) {
        self.column = column
        self.format = format
        self.features = features
        self.cyclic = cyclic
    }

    /// The number of inputs of a date.
    package var width: Int { features.count + 2 * cyclic.count }

    /// The names of the inputs.
    package func featureNames(_ name: String) -> [String] {
        features.map { "\(name).\($0.rawValue)" }
            + cyclic.flatMap { ["\(name).\($0.rawValue).sin", "\(name).\($0.rawValue).cos"] }
    }

    /// The inputs of a date.
    package func numbers(_ date: CalendarDate) -> [Double] {
        features.map(date.value)
            + cyclic.flatMap { feature -> [Double] in
                let angle = 2 * Double.pi * date.value(of: feature) / (feature.period ?? 1)
                return [sin(angle), cos(angle)]
            }
    }
}

/// A day of the Gregorian calendar and a time of day, without a time zone.
package struct CalendarDate: Equatable {
    /// The days since 1970-01-01.
    package var days: Int
    /// The seconds since midnight, from 0; a leap second counts as the one after it.
    package var seconds: Double

    package var year: Int { civil.year }

    /// A day; nil if the month has no such day.
    package init?(year: Int, month: Int, day: Int, seconds: Double = 0) {
        guard 1...12 ~= month, day >= 1, day <= Self.length(ofMonth: month, year) else { return nil }
        days = Self.days(year, month, day)
        self.seconds = seconds
    }

    /// The days from 1970-01-01 to a date: years begin in March, so that the leap day is their last.
    package static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        func floor(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }
        return 365 * shifted + floor(shifted, 4) - floor(shifted, 100) + floor(shifted, 400) + dayOfYear
            - 719_468
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Moves by some seconds, as for another time zone.
    package mutating func add(seconds distance: Int) {
        let moved = seconds + Double(distance)
        let passed = (moved / 86_400).rounded(.down)
        days += Int(passed)
        seconds = moved - passed * 86_400
    }

    private var civil: (year: Int, month: Int, day: Int) {
        // An estimate of the year; it is at most one off.
        var year = 1970 + Int((Double(days) / 365.2425).rounded(.down))
        while Self.days(year, 1, 1) > days { year -= 1 }
        while Self.days(year + 1, 1, 1) <= days { year += 1 }
        var (month, rest) = (1, days - Self.days(year, 1, 1))
        while rest >= Self.length(ofMonth: month, year) {
            rest -= Self.length(ofMonth: month, year)
            month += 1
        }
        return (year, month, rest + 1)
    }

    /// A feature as a number.
    package func value(of feature: DateColumn.Feature) -> Double {
        let whole = Int(seconds)
        switch feature {
        case .year: return Double(civil.year)
        case .month: return Double(civil.month)
        case .day: return Double(civil.day)
        case .dayOfYear: return Double(days - Self.days(civil.year, 1, 1) + 1)
        // 1970-01-01 was a Thursday.
        case .dayOfWeek: return Double(((days + 3) % 7 + 7) % 7)
        case .hour: return Double(whole / 3600)
        case .minute: return Double(whole / 60 % 60)
        case .second: return seconds - Double(whole / 60 * 60)
        case .unixTime: return Double(days) * 86_400 + seconds
        }
    }
}
