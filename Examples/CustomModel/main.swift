// A custom model, trained on any number of ranks:
//
//   swift build -c release
//   scripts/launch -n 2 .build/release/CustomModel Examples/synthetic-mlp.yaml
import Lockstep

/// Two layers, the second of which also sees the input.
struct ShortcutClassifier: Model {
    let hidden: Linear
    let output: Linear

    init(_ scope: ParameterScope, inputs: Int, classes: Int) {
        hidden = Linear(scope["hidden"], inputs: inputs, outputs: 64)
        output = Linear(scope["output"], inputs: 64 + inputs, outputs: classes)
    }

    func callAsFunction(_ x: Variable) -> Variable {
        output(concatenate([relu(hidden(x)), x], axis: 1))
    }
}

TrainingProgram.main { scope, inputShape, outputs in
    ShortcutClassifier(scope, inputs: inputShape.elementCount, classes: outputs)
}
