"""What the clients need, under .venv: packages of npm and of PyPI as their lock files have them.

The clients' sources are copied beside the packages, so that nothing is ever written to this folder.
"""

import re
import shutil
import subprocess
import sys
import venv
from inspect import getdoc
from pathlib import Path

HERE = Path(__file__).parent
WORK = Path(sys.prefix) / "conformance"
CLIENTS, PYTHON = WORK / "clients", WORK / "python"
SCHEMA = Path("schema/schema.graphql")
LEAST_NODE = 20
KEPT = {"node_modules", ".installed"}


class NodeMissing(RuntimeError):
    """没有找到 Node >= 20 与 npm，协议审计与真实客户端都没有运行。请先安装。
    There is no Node >= 20 with npm, so no audit and no client was run. Install it first.
    """


def prepare() -> None:
    """Install what isn't there yet and lay the clients out."""
    npm = _npm()
    _lay_out()
    _install(CLIENTS / ".installed", HERE / "clients" / "package-lock.json",
             [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund",
              "--loglevel=error"])  # fmt: skip
    if not (PYTHON / "bin" / "python").exists():
        venv.create(PYTHON, with_pip=True)
    _install(PYTHON / ".installed", HERE / "requirements.lock",
             [PYTHON / "bin" / "python", "-m", "pip", "install", "--quiet",
              "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:",
              "-r", HERE / "requirements.lock"])  # fmt: skip


def _npm() -> str:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NodeMissing(getdoc(NodeMissing))
    said = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout
    version = re.match(r"v(\d+)", said)
    if version is None or int(version[1]) < LEAST_NODE:
        raise NodeMissing(f"{getdoc(NodeMissing)}\n({node}: {said.strip()})")
    return npm


def _lay_out() -> None:
    """The clients as they are now, and the exported schema where their compilers look for it."""
    CLIENTS.mkdir(parents=True, exist_ok=True)
    for old in CLIENTS.iterdir():
        if old.name in KEPT:
            continue
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()
    shutil.copytree(
        HERE / "clients", CLIENTS, dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("node_modules", "__pycache__", "__generated__"),
    )  # fmt: skip
    for compiler in ("relay", "codegen"):
        shutil.copy(SCHEMA, CLIENTS / compiler)


def _install(stamp: Path, lock: Path, command: list[str | Path]) -> None:
    """Run the command where the lock is another than at its last run."""
    wanted = lock.read_bytes()
    if stamp.exists() and stamp.read_bytes() == wanted:
        return
    subprocess.run(command, cwd=CLIENTS, check=True)
    stamp.write_bytes(wanted)
