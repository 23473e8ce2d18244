"""The picture (图): what a request costs each peer, a panel a task, the server's part first.

`python -m tests.bench.picture bench.json bench.png`, with the bench's own packages.
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.axes import Axes

SERVER, POSTGRES = "#2b6cb0", "#a3bffa"
COLUMNS = 4


def draw(found: dict[str, Any], path: Path) -> None:
    """Every task as a panel of bars, on a scale of its own."""
    mpl.use("Agg")
    tasks = {name: peers for name, peers in found["tasks"].items() if peers}
    rows = -(-len(tasks) // COLUMNS)
    figure, panels = pyplot.subplots(
        rows, COLUMNS, figsize=(5 * COLUMNS, 3.4 * rows), squeeze=False
    )
    for panel in panels.flat[len(tasks) :]:
        panel.axis("off")
    for panel, (task, peers) in zip(panels.flat, tasks.items(), strict=False):
        _panel(panel, task, {name: peer["median"] for name, peer in peers.items()})
    panels.flat[0].legend(loc="lower right", fontsize=8)
    held = sum(target["holds"] for target in found["targets"])
    figure.suptitle(
        f"CPU milliseconds a request (median of {found['rounds']} rounds);"
        f" {held} of {len(found['targets'])} targets hold"
    )
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _panel(panel: Axes, task: str, peers: dict[str, dict[str, float]]) -> None:
    names = sorted(peers, key=lambda name: -peers[name]["cpu_ms"])
    server = [peers[name]["server_ms"] for name in names]
    postgres = [peers[name]["postgres_ms"] for name in names]
    panel.barh(names, server, color=SERVER, label="server")
    panel.barh(names, postgres, left=server, color=POSTGRES, label="PostgreSQL")
    # One slow peer would leave the others no room: the longest bars are cut and say their length.
    longest = max(one["cpu_ms"] for one in peers.values())
    ordered = sorted(one["cpu_ms"] for one in peers.values())
    edge = min(longest, 4 * ordered[len(ordered) // 2]) * 1.18
    panel.set_xlim(0, edge)
    for place, name in enumerate(names):
        cost = peers[name]["cpu_ms"]
        inside = cost > edge * 0.85
        panel.text(
            min(cost, edge) * (0.98 if inside else 1.0), place, f" {cost:.3g} ",
            va="center", ha="right" if inside else "left", fontsize=8,
            color="white" if inside else "black",
        )  # fmt: skip
    panel.set_title(task, fontsize=10)
    panel.tick_params(labelsize=8)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
