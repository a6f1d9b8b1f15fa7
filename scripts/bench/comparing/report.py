"""The results of a comparison as JSON, CSV and Markdown."""

import csv
import json

from measuring import machine


def mebibytes(count):
    return count / 2**20


def columns(row):
    """A row's figures, by the names of the CSV file's columns."""
    ratio, ours, theirs = row["ratio"], row["lockstep"], row["theirs"]
    return {
        "family": row["family"],
        "precision": row["precision"],
        "ranks": row["ranks"],
        "peer": row["peer"],
        "ratio_median": ratio["median"],
        "ratio_lower_quartile": ratio["lower_quartile"],
        "ratio_upper_quartile": ratio["upper_quartile"],
        "ratio_interval_low": ratio["interval_low"],
        "ratio_interval_high": ratio["interval_high"],
        "pairs": ratio["count"],
        "lockstep_milliseconds": ours["milliseconds"]["median"],
        "peer_milliseconds": theirs["milliseconds"]["median"],
        "lockstep_peak_memory_bytes": ours["peak_memory_bytes"],
        "peer_peak_memory_bytes": theirs["peak_memory_bytes"],
        "peer_steady_memory_bytes": theirs.get("steady_memory_bytes", ""),
        "peer_variant": row["calibration"]["variant"],
        "lockstep_processor_share_while_waiting": ours["processor_share_while_waiting"],
        "peer_processor_share_while_waiting": theirs["processor_share_while_waiting"],
    }


def ratio_table(rows):
    """Ratios with families as columns: median (lower quartile to upper quartile)."""
    families = list(dict.fromkeys(row["family"] for row in rows))
    kinds = list(dict.fromkeys((row["peer"], row["ranks"], row["precision"]) for row in rows))
    lines = ["| | " + " | ".join(families) + " |", "| --- |" + " --- |" * len(families)]
    for peer, ranks, precision in kinds:
        cells = []
        for family in families:
            found = [
                row["ratio"]
                for row in rows
                if (row["family"], row["peer"], row["ranks"], row["precision"]) == (family, peer, ranks, precision)
            ]
            cells.append(
                "" if not found else "{median:.2f} ({lower_quartile:.2f} to {upper_quartile:.2f})".format(**found[0])
            )
        several = f"{ranks} ranks" if ranks > 1 else "1 rank"
        lines.append(f"| {several} {precision} against {peer} | " + " | ".join(cells) + " |")
    return lines


def detail_table(rows):
    """One line per row: times of both, the interval of the ratio, memory, and the peer's variant."""
    lines = [
        "| family | precision | ranks | Lockstep, ms per step | peer, ms per step | ratio | 90% interval | "
        "Lockstep, MiB per rank | peer, MiB per rank | peer |",
        "| --- |" + " --- |" * 9,
    ]
    for row in rows:
        value = columns(row)
        lines.append(
            "| {family} | {precision} | {ranks} | {lockstep_milliseconds:.3g} | {peer_milliseconds:.3g} | {ratio_median:.2f} | "
            "{ratio_interval_low:.2f} to {ratio_interval_high:.2f} | ".format(**value)
            + f"{mebibytes(value['lockstep_peak_memory_bytes']):.0f} | {mebibytes(value['peer_peak_memory_bytes']):.0f} | "
            + f"{row['peer']}, {value['peer_variant'].replace('+', ', ')} |"
        )
    return lines


def calibration(case, peer, found):
    """The variants that were tried, the chosen one first, with milliseconds per step."""
    times = sorted(found["milliseconds"].items(), key=lambda item: (item[0] != found["variant"], item[1]))
    tried = [f"{variant} {time:.3g} ms" for variant, time in times] or [found["variant"]]
    return f"{case.name}, {peer.name}: " + "; ".join(tried + [f"{variant} failed" for variant in found["failures"]])


def markdown(results):
    rows = results["rows"]
    note = (
        f"Ratios of throughput (Lockstep / peer), medians of {results['pairs']} interleaved pairs with quartiles; "
        f"one thread per rank; peers: {results['peers']}."
        + (" Fewer than 5 pairs: the intervals are ranges." if results["pairs"] < 5 else "")
        + (" A quick run: the peer's variants were not calibrated." if results["quick"] else "")
    )
    return "\n".join(
        [*ratio_table(rows), "", note, "Measured " + machine.sentence(results["machine"]), "", *detail_table(rows), ""]
    )


def store(results, folder):
    """Writes results.json, results.csv and results.md."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "results.md").write_text(markdown(results))
    with open(folder / "results.csv", "w", newline="") as file:
        table = [columns(row) for row in results["rows"]]
        writer = csv.DictWriter(file, fieldnames=list(table[0]) if table else [])
        writer.writeheader()
        writer.writerows(table)
