import LockstepConfiguration
import LockstepDatasets

extension DataConfiguration {
    package static func sequences(_ section: ConfigurationSection, _ value: Sequences?) throws -> Sequences {
        let file = "the path of an NPY file"
        var new = Sequences(
            trainInputs: try section.string(
                "train_inputs",
                "steps of all training sequences, one sequence after the other, [steps, features]",
                default: value?.trainInputs, what: file),
            trainLengths: try section.string(
                "train_lengths", "number of steps of each training sequence, [N]",
                default: value?.trainLengths, what: file),
            trainTargets: try section.string(
                "train_targets", "training targets, [N], or [N, K] for regression and multi_label",
                default: value?.trainTargets, what: file))
        new.testInputs = try section.optionalString(
            "test_inputs", "steps of all test sequences", default: value?.testInputs, what: file)
        new.testLengths = try section.optionalString(
            "test_lengths", "number of steps of each test sequence", default: value?.testLengths, what: file)
        new.testTargets = try section.optionalString(
            "test_targets", "test targets", default: value?.testTargets, what: file)
        let usual = value ?? new
        new.task = try section.word(
            "task", "whether targets are classes, numbers, or zeros and ones for several labels",
            default: usual.task)
        new.classes = try section.automaticInteger(
            "classes", "number of classes; auto: the largest training label plus 1",
            default: usual.classes, .classes)
        new.standardizeTargets = try section.boolean(
            "standardize_targets",
            "for regression: shift and scale targets to mean 0 and standard deviation 1",
            default: usual.standardizeTargets)
        new.preparation = try .read(section, default: usual.preparation)
        return new
    }
}
