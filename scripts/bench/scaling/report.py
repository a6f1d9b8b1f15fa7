"""The results of a scaling measurement as JSON, CSV and Markdown."""

import csv
import json

from measuring import machine

from .forecast import PARTS


def spread_text(value, digits=3):
    return (
        f"{value['median']:.{digits}f} ({value['lower_quartile']:.{digits}f} to {value['upper_quartile']:.{digits}f})"
    )


def columns(row):
    """A row's figures, by the names of the CSV file's columns. Predicted rows have no spread."""
    if row.get("predicted"):
        return {
            "kind": row["kind"],
            "ranks": row["ranks"],
            "source": "predicted",
            "efficiency_median": row["efficiency"],
            "milliseconds_median": row["milliseconds"],
        }
    result = {"kind": row["kind"], "ranks": row["ranks"], "source": "measured", "batch": row["batch"]}
    for name in ("efficiency", "ceiling", "share_of_ceiling", "milliseconds", "slowest_over_mean"):
        for key in ("median", "lower_quartile", "upper_quartile", "interval_low", "interval_high"):
            result[f"{name}_{key}"] = (row[name] or {}).get(key, "")
    result["samples_per_second"] = row["samples_per_second"]
    result["peak_memory_bytes"] = row["peak_memory_bytes"]
    return result | {f"phase_{name}_milliseconds": value for name, value in row["phases"].items()}


def efficiency_table(rows):
    lines = [
        "| scaling | ranks | batch | ms per step | efficiency | the machine's ceiling | share of the ceiling | its 90% interval | "
        "slowest / mean rank |",
        "| --- |" + " --- |" * 8,
    ]
    for row in rows:
        share, slow = row["share_of_ceiling"], row["slowest_over_mean"]
        lines.append(
            f"| {row['kind']} | {row['ranks']} | {row['batch']} | {row['milliseconds']['median']:.3g} | "
            f"{spread_text(row['efficiency'])} | {spread_text(row['ceiling'])} | {spread_text(share)} | "
            f"{share['interval_low']:.3f} to {share['interval_high']:.3f} | "
            f"{'' if not slow else format(slow['median'], '.3f')} |"
        )
    return lines


def phase_table(rows):
    names = [name for name in dict.fromkeys(name for row in rows for name in row["phases"]) if name != "step"]
    lines = ["| scaling | ranks | step | " + " | ".join(names) + " |", "| --- | --- | --- |" + " --- |" * len(names)]
    for row in rows:
        cells = [f"{row['phases'].get(name, 0):.3g}" for name in names]
        lines.append(
            f"| {row['kind']} | {row['ranks']} | {row['phases'].get('step', 0):.3g} | " + " | ".join(cells) + " |"
        )
    return lines


def prediction_table(results):
    lines = [
        f"| scaling | hosts | predicted efficiency | predicted ms per step | {' | '.join(PARTS)} |",
        "| --- |" + " --- |" * (3 + len(PARTS)),
    ]
    for row in results["predictions"]:
        lines.append(
            f"| {row['kind']} | {row['ranks']} | {row['efficiency']:.3f} | {row['milliseconds']:.3g} | "
            + " | ".join(f"{row[part]:.3g}" for part in PARTS)
            + " |"
        )
    return lines


def comparison_lines(results):
    """A sentence for each measured number of ranks."""
    return [
        f"- {row['kind']} scaling, {row['ranks']} ranks on this machine: measured {row['measured']:.3g} ms per step, predicted "
        f"{row['predicted']:.3g} ms, difference {100 * row['difference']:+.1f}%."
        for row in results["comparison"]
    ]


def markdown(results):
    lines = [
        *efficiency_table(results["rows"]),
        "",
        f"{results['file']}{''.join(', ' + setting for setting in results['settings'])}; {results['parameters']} parameters. Medians of "
        f"{results['repetitions']} interleaved repetitions, with quartiles. "
        "Weak: every rank has the batch of one; E = thr(N) / (N thr(1)). "
        + ("Fewer than 5 repetitions: the intervals are ranges. " if results["repetitions"] < 5 else "")
        + "Strong: one batch is cut among the ranks; E = T(1) / (N T(N)). The ceiling is the same work on N ranks without communication.",
        "Measured " + machine.sentence(results["machine"]),
        "",
        "Milliseconds per step, mean over ranks:",
        "",
        *phase_table(results["rows"]),
    ]
    if results["predictions"]:
        assumed = next(iter(results["assumptions"].values()))
        deviations = [f"{100 * values['deviation']:.2g}% ({kind})" for kind, values in results["assumptions"].items()]
        lines += [
            "",
            "**Predicted, not measured,** by `lockstep bench schedule` from the measured steps: clusters of hosts with one rank each, latency "
            f"{assumed['latency_seconds'] * 1e6:.3g} us, bandwidth {assumed['bytes_per_second'] / 1e9:.3g} GB/s ({results['link']}); "
            f"deviation between ranks {', '.join(deviations)}; assumed "
            f"{assumed['seconds_per_message'] * 1e6:.3g} us of processor time per message, additions at "
            f"{assumed['memory_bytes_per_second'] / 1e9:.3g} GB/s.",
            "",
            *prediction_table(results),
        ]
    if results["comparison"]:
        lines += [
            "",
            "The same prediction for one host whose ranks compute as long as measured without communication. The delay of the slowest "
            "rank is that of the largest number of ranks, from the same steps: there the difference tests only the cost of the exchange.",
            "",
            *comparison_lines(results),
        ]
    return "\n".join([*lines, ""])


def store(results, folder):
    """Writes results.json, results.csv and results.md."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "results.md").write_text(markdown(results))
    table = [columns(row) for row in [*results["rows"], *results["predictions"]]]
    with open(folder / "results.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(name for row in table for name in row)), restval="")
        writer.writeheader()
        writer.writerows(table)
