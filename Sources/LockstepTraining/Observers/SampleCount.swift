/// The number of samples that a run has seen, for its log.
final class SampleCount {
    var samples = 0
}
