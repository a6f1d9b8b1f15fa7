"""Compares an exported network with Lockstep's own results; scripts/onnx/compare says how."""

import argparse
import csv
import importlib.util
import json
import pathlib
import sys

import numpy as np


class ONNXNetwork:
    """An ONNX file, which onnx checks and onnxruntime computes."""

    def __init__(self, path):
        import onnx
        import onnxruntime

        onnx.checker.check_model(onnx.load(path), full_check=True)
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        self.context = self.input.shape[1]
        self.encode = None

    def __call__(self, inputs):
        if self.input.type != "tensor(int64)":
            inputs = inputs.astype({"tensor(float)": np.float32, "tensor(double)": np.float64}[self.input.type])
        results = self.session.run(None, {self.input.name: inputs})
        return {port.name: result for port, result in zip(self.session.get_outputs(), results)}


class TorchNetwork:
    """A module for PyTorch, which gets the data as they are; it must say the same as its predict()."""

    def __init__(self, path):
        spec = importlib.util.spec_from_file_location("exported", path)
        self.module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.module)
        self.network = self.module.load()
        positions = getattr(self.network, "position_embedding", None)
        self.context = len(positions.weight) if positions is not None else None
        self.encode = getattr(self.module, "encode", None)

    def __call__(self, inputs):
        import torch

        inputs = torch.as_tensor(inputs)
        with torch.no_grad():
            results = self.network(inputs)
        if not isinstance(results, tuple):
            return {name: results.numpy() for name in ("logits", "predictions")}
        if hasattr(self.network, "predict"):
            assert torch.equal(self.network.predict(inputs)[1], results[1])
        return {"logits": results[0].numpy(), "probabilities": results[1].numpy()}


def compute(network, inputs, size):
    """All outputs, in batches of a size."""
    parts = [network(inputs[i : i + size]) for i in range(0, len(inputs), size)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


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


def text_loss(network, text, held, context):
    """The mean cross-entropy, in nats, of the last bytes of a text, in windows that do not overlap."""
    if held % context:
        sys.exit(f"compare: --held {held} is no multiple of the context, {context}")
    starts = np.arange(len(text) - held, len(text), context)
    inputs = np.stack([text[s - 1 : s - 1 + context] for s in starts]).astype(np.int64)
    targets = np.stack([text[s : s + context] for s in starts])
    losses = []
    for size in (len(inputs), 1, 7):
        logits = compute(network, inputs, size)["logits"].astype(np.float64)
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
    parser.add_argument("--context", type=int)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    options = parser.parse_args()
    network = (TorchNetwork if options.model.endswith(".py") else ONNXNetwork)(options.model)

    if options.held:
        ours = json.loads(pathlib.Path(options.results).read_text())["loss"]
        text = np.fromfile(options.inputs, np.uint8)
        losses = text_loss(network, text, options.held, options.context or network.context)
        largest = max(abs(loss / ours - 1) for loss in losses)
    else:
        if options.inputs.endswith(".csv"):
            with open(options.inputs, newline="") as file:
                inputs = network.encode(list(csv.DictReader(file)))
        else:
            inputs = np.load(options.inputs)
        if inputs.ndim == 4:
            inputs = np.moveaxis(inputs, 3, 1)
        ours = predictions(options.results)
        if not ours:
            sys.exit(f"compare: {options.results} has no columns of predictions")
        largest = 0
        for size in (len(inputs), 1, 7):
            outputs = compute(network, inputs, size)
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
