"""The plot of a scaling measurement: efficiency over ranks, with the ideal line, the machine's ceiling, and predictions."""


def draw(results, folder):
    """Writes scaling.svg and scaling.png. Needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "scaling"
    from matplotlib import pyplot

    kinds = list(dict.fromkeys(row["kind"] for row in results["rows"]))
    figure, all_axes = pyplot.subplots(1, len(kinds), figsize=(6 * len(kinds), 4.2), squeeze=False)
    for axes, kind in zip(all_axes[0], kinds):
        rows = [row for row in results["rows"] if row["kind"] == kind]
        predictions = [row for row in results["predictions"] if row["kind"] == kind]
        ranks = [row["ranks"] for row in rows]
        most = max([*ranks, *(row["ranks"] for row in predictions)])
        axes.plot([1, max(most, 2)], [1, 1], color="black", linewidth=0.8, label="ideal")
        middle = [row["efficiency"]["median"] for row in rows]
        below = [row["efficiency"]["median"] - row["efficiency"]["lower_quartile"] for row in rows]
        above = [row["efficiency"]["upper_quartile"] - row["efficiency"]["median"] for row in rows]
        axes.errorbar(
            ranks, middle, [below, above], marker="o", capsize=3, color="C0", label="measured, median and quartiles"
        )
        axes.plot(
            ranks,
            [row["ceiling"]["median"] for row in rows],
            "s--",
            color="C1",
            label="the machine's ceiling (no communication)",
        )
        if predictions:
            axes.plot(
                [row["ranks"] for row in predictions],
                [row["efficiency"] for row in predictions],
                ":",
                marker="x",
                color="C2",
                label="predicted: hosts of one rank each",
            )
        if max(most, 2) > 8:
            axes.set_xscale("log", base=2)
        axes.set_xticks(sorted({*ranks, *(row["ranks"] for row in predictions)}))
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel("ranks (predicted: hosts)" if predictions else "ranks")
        axes.set_ylabel("efficiency")
        axes.set_title(f"{kind} scaling, {results['name']}")
        axes.grid(alpha=0.3)
    handles, labels = all_axes[0][0].get_legend_handles_labels()
    figure.legend(
        handles, labels, fontsize="small", loc="lower center", ncols=3 if len(kinds) > 1 else 2, frameon=False
    )
    figure.tight_layout(rect=(0, 0.12 if len(kinds) > 1 else 0.16, 1, 1))
    for kind in ("svg", "png"):
        figure.savefig(folder / f"scaling.{kind}", dpi=150, metadata={"Date": None} if kind == "svg" else None)
