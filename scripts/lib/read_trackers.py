#!/usr/bin/env python3
"""Reads what a run's trackers wrote with the programs that it is for, and compares it with metrics.jsonl.

Usage: scripts/lib/read_trackers.py RUN MLRUNS; ends with status 1 and a message at the first difference.
"""

import collections
import json
import logging
import os
import pathlib
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


def main():
    logging.disable(logging.WARNING)
    run, store = map(pathlib.Path, sys.argv[1:3])
    series = logged(run)
    require(len(series) > 8, f"metrics.jsonl has only {sorted(series)}")

    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "tensors": 0})
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
