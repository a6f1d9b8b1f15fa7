import LockstepCharts
import LockstepInference
import LockstepText

/// Charts of an evaluation: confusion matrix and curves of a classifier, curves of labels, predictions and residuals of a
/// regression.
public struct EvaluationPlot: Sendable {
    private let predictions: SetPredictions
    private let title: String

    /// - Parameter set: the name of the set, such as `test`.
    public init(_ predictions: SetPredictions, set: String, name: String) {
        self.predictions = predictions
        title = "\(name): \(set) set, \(grouped(predictions.count)) samples"
    }

    /// The image with all panels.
    public var figure: Figure {
        Figure(title: title, panels: panels, columns: 2, panelWidth: 440, panelHeight: 440)
    }

    /// The panels. Their number and size do not grow with the set.
    public var panels: [any Panel] {
        switch predictions {
        case .classes(let predictions): ClassPanels(predictions: predictions).panels
        case .labels(let predictions): LabelPanels(predictions: predictions).panels
        case .numbers(let predictions): RegressionPanels(predictions: predictions).panels
        }
    }
}
