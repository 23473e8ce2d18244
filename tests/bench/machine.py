"""The machine (机器): what processes cost it, by /proc, and what it is.

A process is counted with all below it, and with those below it that have ended already.
"""

import os
import platform
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu_seconds(root: int) -> float:
    """The processor time of a process and of everything below it, since each began."""
    parents, spent = {}, {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            found = _stat(folder)
            if found is not None:
                parents[int(folder.name)], spent[int(folder.name)] = found
    below = defaultdict(list)
    for pid, parent in parents.items():
        below[parent].append(pid)
    total, waiting = 0.0, [root]
    while waiting:
        pid = waiting.pop()
        total += spent.get(pid, 0.0)
        waiting += below[pid]
    return total


def _stat(folder: Path) -> tuple[int, float] | None:
    """A process's parent and its seconds: its own, and of its children that it has waited for."""
    try:
        text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS


def resident_mb(pid: int) -> float:
    """What a process holds in memory, in megabytes."""
    for line in (PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def described() -> dict[str, object]:
    """The machine, for whoever reads the figures elsewhere."""
    return {
        "system": platform.platform(),
        "processor": _first("cpuinfo", "model name"),
        "processors": os.cpu_count(),
        "memory": _first("meminfo", "MemTotal"),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


def _first(file: str, name: str) -> str:
    for line in (PROC / file).read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "unknown"
