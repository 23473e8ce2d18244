"""`sanfang audit`: a county's events exported with their proofs, and verified offline."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from infra.speech import IS_ENGLISH, fail, run, say

app = typer.Typer(
    help=say("审计：导出事件与封存证明，离线核验。",
             "The audit: export events with their proofs, verify them offline."),
    no_args_is_help=True,
)  # fmt: skip


@app.command(help=say("导出一个县的事件、封存头与清单。", "Export events, heads and a manifest."))
def export(
    tenant: Annotated[str, typer.Option("--tenant", "-t", help=say("县的代号。", "The county."))],
    folder: Annotated[Path, typer.Argument(help=say("写到哪个新文件夹。", "A new folder."))],
) -> None:
    """Seal what there is and write the export; personal values stay masked."""
    from infra.audit_files import export

    if folder.exists():
        fail(f"{folder} 已经有了，请换一个名字。", f"{folder} is there already; choose another.")
    folder.mkdir(parents=True)
    made = run(export(tenant, folder))
    zh = f"已写到 {folder}：{made.events} 条事件，{made.batches} 批"
    typer.echo(say(zh, f"written to {folder}: {made.events} events, {made.batches} batches"))


@app.command(
    help=say(
        "核验一份导出；有不符则退出码为 1。", "Verify an export; exit code 1 if it is not so."
    ),
)
def verify(
    folder: Annotated[Path, typer.Argument(help=say("导出的文件夹。", "The export's folder."))],
    key: Annotated[
        str | None, typer.Option(help=say("另存的密钥指纹。", "The fingerprint that you kept."))
    ] = None,
    head: Annotated[
        list[Path] | None,
        typer.Option(
            help=say("另存的封存头：auditHeads 的一项，存成 JSON。",
                     "A head that you kept: one of auditHeads, as JSON.")
        ),
    ] = None,
) -> None:  # fmt: skip
    """The program `infra/verify_audit.py`, which imports nothing of the service."""
    from infra import verify_audit

    kept = [part for path in head or () for part in ("--head", str(path))]
    named = ["--key", key] if key else []
    language = ["--lang", "en" if IS_ENGLISH else "zh"]
    sys.exit(verify_audit.main([str(folder), *named, *kept, *language]))
