import LockstepConfiguration
import LockstepReaders

extension DataConstants {
    /// An inconsistency between the values; nil if there is none. Values from a checkpoint are checked before use,
    /// since another user may have written them.
    package var inconsistency: String? {
        var size = 1
        for extent in sampleExtents {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard extent >= 1, !overflow, product <= Int(Int32.max) else {
                return "the shape \(sampleExtents) of samples is impossible"
            }
            size = product
        }
        let groups = inputs.means.count
        // Without normalization there are no deviations; means may still replace missing numbers.
        guard inputs.deviations.isEmpty || inputs.deviations.count == groups,
            groups == 0 || size % groups == 0
        else {
            return
                "\(groups) means and \(inputs.deviations.count) deviations do not fit samples of \(size) numbers"
        }
        guard inputs.fills.map({ $0.count == size && $0.allSatisfy(\.isFinite) && groups > 0 }) ?? true else {
            return "the replacements for missing numbers do not fit samples of \(size) numbers"
        }
        guard inputs.means.allSatisfy(\.isFinite), inputs.deviations.allSatisfy({ $0.isFinite && $0 >= 0 })
        else {
            return "a mean or standard deviation of the inputs is invalid"
        }
        guard (0...1_000_000).contains(targetWidth), (targetWidth == 0) == (classCounts.count >= 2),
            classCounts.count <= 1_000_000
        else {
            return "a target cannot have \(targetWidth) values and \(classCounts.count) classes"
        }
        guard targets.mean.count == outputs, targets.deviation.count == outputs,
            targets.mean.allSatisfy(\.isFinite), targets.deviation.allSatisfy({ $0.isFinite && $0 > 0 })
        else { return "the means and deviations of the targets do not fit \(outputs) values" }
        guard classCounts.allSatisfy({ (0...1 << 40).contains($0) }) else {
            return "the number of samples of a class is impossible"
        }
        guard classNames.isEmpty || classNames.count == (classes ?? targetWidth) else {
            return "there are \(classNames.count) names for \(classes ?? targetWidth) classes"
        }
        return columns?.inconsistency
    }
}

extension CSVColumns {
    /// An inconsistency between the values; nil if there is none.
    fileprivate var inconsistency: String? {
        guard roles.count == names.count, roles.count(where: { $0 == .target }) == 1 else {
            return "\(names.count) columns have \(roles.count) roles"
        }
        let places = roles.compactMap { if case .category(let place) = $0 { place } else { nil } }
        guard places == Array(vocabularies.indices) else {
            return "\(places.count) columns of categories have \(vocabularies.count) lists of names"
        }
        for case .hashed(let text) in roles where !LegalRange<Int>.hashedFeatures.contains(text.features) {
            return "a column of texts has \(text.features) inputs"
        }
        for case .date(let date) in roles {
            if let problem = DateFormat.problem(date.format) { return "a format of dates \(problem)" }
        }
        for imputation in imputations ?? [] where !roles.indices.contains(imputation.column) {
            return "there is no column \(imputation.column)"
        }
        return nil
    }
}
