"""Compares an ONNX file of Lockstep's with Lockstep's own results; scripts/onnx/compare says how."""

import argparse
import csv
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime


def compute(session, inputs, size):
    """All outputs, in batches of a size."""
    name = session.get_inputs()[0].name
    parts = [session.run(None, {name: inputs[i : i + size]}) for i in range(0, len(inputs), size)]
    return {
        port.name: np.concatenate([part[index] for part in parts]) for index, port in enumerate(session.get_outputs())
    }


def predictions(path):
    """The columns of numbers of a file of predictions: kind -> [N, columns]."""
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    found = {}
    for kind, column in (("probabilities", "probability"), ("predictions", "prediction")):
        places = [i for i, name in enumerate(header) if name.split(" ")[0] == column]
        if places and (kind == "probabilities" or "probabilities" not in found):
            found[kind] = np.array([[float(row[i]) for i in places] for row in rows])
    return found


def text_loss(session, text, held):
    """The mean cross-entropy, in nats, of the last bytes of a text, in windows that do not overlap."""
    context = session.get_inputs()[0].shape[1]
    if held % context:
        sys.exit(f"compare: --held {held} is no multiple of the context, {context}")
    starts = np.arange(len(text) - held, len(text), context)
    inputs = np.stack([text[s - 1 : s - 1 + context] for s in starts]).astype(np.int64)
    targets = np.stack([text[s : s + context] for s in starts])
    losses = []
    for size in (len(inputs), 1, 7):
        logits = compute(session, inputs, size)["logits"].astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        losses.append(-np.take_along_axis(logits, targets[..., None], axis=-1).mean())
    return losses


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("inputs")
    parser.add_argument("results")
    parser.add_argument("--held", type=int)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    options = parser.parse_args()
    onnx.checker.check_model(onnx.load(options.model), full_check=True)
    session = onnxruntime.InferenceSession(options.model, providers=["CPUExecutionProvider"])

    if options.held:
        ours = json.loads(pathlib.Path(options.results).read_text())["loss"]
        losses = text_loss(session, np.fromfile(options.inputs, np.uint8), options.held)
        largest = max(abs(loss / ours - 1) for loss in losses)
    else:
        inputs = np.load(options.inputs)
        if inputs.ndim == 4:
            inputs = np.moveaxis(inputs, 3, 1)
        kind = session.get_inputs()[0].type
        inputs = inputs.astype({"tensor(float)": np.float32, "tensor(double)": np.float64}[kind])
        ours = predictions(options.results)
        if not ours:
            sys.exit(f"compare: {options.results} has no columns of predictions")
        largest = 0
        for size in (len(inputs), 1, 7):
            outputs = compute(session, inputs, size)
            for name, numbers in ours.items():
                difference = np.abs(outputs[name].reshape(numbers.shape) - numbers)
                if name == "predictions":
                    difference /= numbers.std(axis=0)
                largest = max(largest, float(difference.max()))
    print(f"largest difference {largest:.3g}")
    if not largest <= options.tolerance:
        sys.exit(f"compare: it is above {options.tolerance}")


if __name__ == "__main__":
    main()
