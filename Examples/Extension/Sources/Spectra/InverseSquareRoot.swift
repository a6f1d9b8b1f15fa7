import Lockstep

/// The factor is the root of timescale / (timescale + step): after 3 x timescale steps it is one half.
struct InverseSquareRoot: ScheduleComponent {
    static let name = "inverse_square_root"
    static var keys: KeyTable<Self> {
        KeyTable(
            .integer("timescale", \.timescale, .steps, "a third of the steps until the rate is halved"),
            .including(\.warmup))
    }

    var timescale = 1000
    var warmup = WarmUp()

    func factor(step: Double, length: Double) -> Double {
        (Double(timescale) / (Double(timescale) + step)).squareRoot()
    }
}
