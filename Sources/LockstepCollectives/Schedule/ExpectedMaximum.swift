import Foundation

/// The expected largest of `count` independent standard normal numbers: the integral of x d(Phi(x)^count).
package func expectedMaximum(of count: Int) -> Double {
    guard count > 1 else { return 0 }
    let (lower, width, steps) = (-8.0, 16.0 / 4000, 4000)
    var total = 0.0
    for index in 0..<steps {
        let x = lower + (Double(index) + 0.5) * width
        let density = exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
        total +=
            x * Double(count) * pow(0.5 * erfc(-x / 2.0.squareRoot()), Double(count - 1)) * density * width
    }
    return total
}
