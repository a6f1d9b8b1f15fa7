/// Weights that balance rare and frequent classes.
public enum ClassWeights {
    /// samples / (classes with samples x samples of the class), so that every class has the same total weight
    /// and the mean weight of a sample is 1. A class without samples gets 0.
    ///
    /// Source: King and Zeng: Logistic Regression in Rare Events Data (2001), section 3.2.
    public static func balanced(counts: [Int]) -> [Double] {
        let samples = Double(counts.reduce(0, +))
        let occurring = Double(counts.count { $0 > 0 })
        return counts.map { $0 == 0 ? 0 : samples / (occurring * Double($0)) }
    }
}
