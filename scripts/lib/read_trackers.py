#!/usr/bin/env python3
"""Reads what a run's trackers wrote with the programs that it is for, and compares it with metrics.jsonl.

Usage: scripts/lib/read_trackers.py RUN MLRUNS [--images]; ends with status 1 and a message at the first difference.
"""

import collections
import itertools
import json
import logging
import os
import pathlib
import struct
import sys

if {"-h", "--help"} & set(sys.argv[1:]):
    sys.exit(print(__doc__))

# Newer versions of MLflow ask before they use a file store.
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")

import numpy as np
from mlflow.tracking import MlflowClient
from tbparse import SummaryReader
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

KINDS = ("scalars", "tensors", "histograms", "images")


def logged(run):
    """Returns the numbers of metrics.jsonl: name -> [(step, value)]."""
    series = collections.defaultdict(list)
    for line in (run / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        for name, value in record.items():
            if name not in ("step", "epoch", "samples", "slowest_rank") and value is not None:
                series[name].append((record["step"], value))
    return series


def tag(name):
    for part in ("validation", "test"):
        if name.startswith(part + "_"):
            return f"{part}/{name.removeprefix(part + '_')}"
    return f"training/{name}"


def require(condition, message):
    if not condition:
        sys.exit(f"read_trackers: {message}")


def same(one, other):
    steps = [step for step, _ in one] == [step for step, _ in other]
    return steps and np.allclose([v for _, v in one], [v for _, v in other], rtol=1e-6, atol=0)


def weights(run):
    """Returns the parameters of the newest checkpoint: name -> array."""
    data = (run / "checkpoints/latest/model.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    arrays = {}
    for name, tensor in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__" and tensor["dtype"] == "F32":
            first, end = (8 + length + place for place in tensor["data_offsets"])
            arrays[name] = np.frombuffer(data[first:end], "<f4")
    return arrays


def compare_histograms(run, events, frame, series):
    """Compares histograms of every tenth step with the last checkpoint and with the logged norms."""
    arrays = weights(run)
    tags = {f"{kind}/{name}" for kind in ("parameters", "gradients") for name in arrays}
    require(set(events.Tags()["histograms"]) == tags, f"histograms {events.Tags()['histograms']}")
    require(set(frame["tag"]) == tags, f"tbparse finds histograms {sorted(set(frame['tag']))}")
    last = max(step for step, _ in series["loss"])
    for tag in tags:
        steps = [event.step for event in events.Histograms(tag)]
        require(steps == list(range(10, last + 1, 10)), f"histograms of {tag} at steps {steps}")
    for name, array in arrays.items():
        read = events.Histograms(f"parameters/{name}")[-1].histogram_value
        exact = array.astype(np.float64)
        require((read.min, read.max, read.num) == (exact.min(), exact.max(), len(exact)), f"{name}: {read}")
        require(np.isclose(read.sum, exact.sum(), atol=1e-9), f"{name}: sum {read.sum}, not {exact.sum()}")
        require(np.isclose(read.sum_squares, (exact**2).sum()), f"{name}: {read.sum_squares}")
        edges = [-np.inf, *read.bucket_limit]
        counts = [((exact > low) & (exact <= high)).sum() for low, high in itertools.pairwise(edges)]
        require(counts == list(read.bucket), f"{name}: buckets {read.bucket}, counted {counts}")
    norms = dict(series["gradient_norm"])
    for index, event in enumerate(events.Histograms(next(iter(tags)))):
        squares = sum(events.Histograms(f"gradients/{name}")[index].histogram_value.sum_squares for name in arrays)
        require(np.isclose(np.sqrt(squares), norms[event.step]), f"step {event.step}: {squares} squares")


def compare_images(run, events, images):
    """Compares the newest test image with the file of the run, and requires others of each evaluation."""
    tags = {"validation/reconstructions", "test/reconstructions", "samples"}
    require(set(events.Tags()["images"]) == tags, f"images {events.Tags()['images']}")
    png = events.Images("test/reconstructions")[-1]
    require(png.encoded_image_string == (run / "reconstructions.png").read_bytes(), "the image differs")
    # Width and height stand in the header of the file. (tbparse needs TensorFlow for images.)
    size = struct.unpack(">II", png.encoded_image_string[16:24])
    require(size == (png.width, png.height), f"TensorBoard reads {png.width} x {png.height}, the image has {size}")
    names = [path.parent.name for path in images.glob("**/artifacts/images/*/step-*.png")]
    require(len(names) == sum(len(events.Images(tag)) for tag in tags), f"MLflow has images {names}")
    steps = [event.step for event in events.Images("samples")]
    require(steps == [3, 6], f"samples at steps {steps}")
    print("tensorboard and mlflow have the images")


def main():
    logging.disable(logging.WARNING)
    run, store = map(pathlib.Path, sys.argv[1:3])
    if sys.argv[3:] == ["--images"]:
        events = EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0})
        return compare_images(run, events.Reload(), store)
    series = logged(run)
    require(len(series) > 8, f"metrics.jsonl has only {sorted(series)}")

    events = EventAccumulator(str(run / "tensorboard"), size_guidance=dict.fromkeys(KINDS, 0))
    events.Reload()
    tags = events.Tags()
    require(set(tags["scalars"]) == {tag(name) for name in series}, f"tags {tags['scalars']}")
    frame = SummaryReader(str(run / "tensorboard")).scalars
    for name, values in series.items():
        scalars = [(event.step, event.value) for event in events.Scalars(tag(name))]
        require(same(scalars, values), f"TensorBoard reads {scalars} for {name}, logged is {values}")
        rows = frame[frame["tag"] == tag(name)]
        rows = sorted(zip(rows["step"].tolist(), rows["value"].tolist()))
        require(same(rows, values), f"tbparse reads {rows} for {name}")
    compare_histograms(run, events, SummaryReader(str(run / "tensorboard")).histograms, series)
    text = events.Tensors("configuration")[0].tensor_proto.string_val[0].decode()
    require("    max_steps: 40" in text, "the configuration is not there as text")
    metadata = events.SummaryMetadata("_hparams_/session_start_info").plugin_data
    start = plugin_data_pb2.HParamsPluginData.FromString(metadata.content).session_start_info
    require(start.hparams["optimizer.sgd.learning_rate"].number_value == 0.1, f"hyperparameters {start}")

    client = MlflowClient(tracking_uri=store.resolve().as_uri())
    experiment = client.get_experiment_by_name("lockstep")
    runs = client.search_runs([experiment.experiment_id])
    require(len(runs) == 1, f"MLflow finds {len(runs)} runs")
    info, data = runs[0].info, runs[0].data
    require(info.status == "FINISHED" and info.run_name == run.name, f"MLflow reads {info}")
    require(data.params["optimizer.sgd.learning_rate"] == "0.1", f"MLflow reads parameters {data.params}")
    for name, values in series.items():
        history = [(metric.step, metric.value) for metric in client.get_metric_history(info.run_id, name)]
        require(same(sorted(history), sorted(values)), f"MLflow reads {history} for {name}, logged is {values}")
    print("tensorboard, tbparse and mlflow agree with metrics.jsonl")


if __name__ == "__main__":
    main()
