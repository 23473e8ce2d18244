"""Verify an audit export (核验审计导出): offline, by nothing but the export and this program.

It imports nothing of the service. Of the folder that `sanfang audit export` writes it computes each
event's hash, the Merkle tree (RFC 9162) batch by batch, and each signature (Ed25519), and says what
was changed, removed, inserted or reordered, and in which batch.

    python verify_audit.py FOLDER [--key FINGERPRINT] [--head HEAD.json] [--lang zh|en]

What is forged with another key shows against the key's fingerprint (--key). What whoever holds the
signing key seals anew, and an end that was cut off, show only against a head of before (--head), as
`auditHeads` shows it: keep one elsewhere now and then.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = 1
SIGNED = "sanfang-audit-head"
EMPTY = hashlib.sha256().digest()
# How long a transaction may have been under way when the batch before was sealed.
GRACE = timedelta(minutes=30)
FILES = ("events.jsonl", "unsealed.jsonl", "heads.json", "keys.json")

Json = dict[str, Any]


@dataclass
class Report:
    """What was looked at, and everything that is wrong with it."""

    zh: bool
    events: int = 0
    batches: int = 0
    tenant: str = ""
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def wrong(self, zh: str, en: str) -> None:
        """Something that isn't as it was sealed."""
        self.findings.append(zh if self.zh else en)

    def remark(self, zh: str, en: str) -> None:
        """Something to know that is no sign of tampering by itself."""
        self.remarks.append(zh if self.zh else en)


def canonical(value: Any) -> bytes:
    """JSON in its one form: keys in order, no white space, UTF-8."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return written.encode()


def leaf(content: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows, kept as the roots of its full subtrees."""

    def __init__(self) -> None:
        self.size = 0
        self.frontier: list[bytes] = []

    def add(self, hash_: bytes) -> None:
        """One more leaf."""
        self.frontier.append(hash_)
        self.size += 1
        joins = (self.size & -self.size).bit_length() - 1
        for _ in range(joins):
            right, left = self.frontier.pop(), self.frontier.pop()
            self.frontier.append(node(left, right))

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.frontier:
            return EMPTY
        *others, last = self.frontier
        for left in reversed(others):
            last = node(left, last)
        return last


def verify(folder: Path, report: Report, key: str | None, heads_before: list[Json]) -> None:
    """Look at the whole export."""
    if not _files_are_whole(folder, report):
        return
    heads = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
    _are_of_one_county(folder, heads, report)
    keys = json.loads((folder / "keys.json").read_text(encoding="utf-8"))
    _heads_are_signed(heads, keys, key, report)
    # GraphQL writes such a number as a text.
    roots_wanted = {int(one["size"]): one["root"] for one in heads_before}
    roots_seen = _events_are_those_sealed(folder, heads, report)
    for size, root in roots_wanted.items():
        if roots_seen.get(size) != root:
            said = f"not the tree of the kept head at {size}"
            report.wrong(f"与保存的第 {size} 条处的封存头不符", said)
    _nothing_came_in_unsealed(folder, heads, report)


def _files_are_whole(folder: Path, report: Report) -> bool:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        listed = manifest["files"]
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        report.wrong(f"清单读不了：{wrong}", f"the manifest can't be read: {wrong}")
        return False
    if manifest.get("format") != FORMAT:
        report.wrong("清单的格式不认识", "the manifest is of another format")
        return False
    for name in FILES:
        path = folder / name
        if name not in listed or not path.is_file():
            report.wrong(f"缺少文件 {name}", f"the file {name} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != listed[name]["sha256"]:
            report.wrong(f"文件 {name} 与清单不符", f"the file {name} isn't as the manifest says")
    return all((folder / name).is_file() for name in FILES)


def _are_of_one_county(folder: Path, heads: list[Json], report: Report) -> None:
    """The manifest names the county that the heads are signed for."""
    manifest = _manifest(folder)
    for one in manifest.get("altered", []):
        event, path = one["event"], one["path"]
        report.wrong(f"事件 {event} 的 {path} 在系统里已不是原值",
                     f"event {event}: {path} is another value in the service now")  # fmt: skip
    report.tenant = str(manifest["tenant_id"])
    report.remark(f"县 {report.tenant}", f"county {report.tenant}")
    if any(head["tenant_id"] != report.tenant for head in heads):
        report.wrong("封存头不是这个县的", "the heads are not this county's")
    if heads:
        last = heads[-1]["number"]
        report.remark(f"第 {last} 批之后有没有被截去，要与另存的封存头核对（--head）",
                      f"whether anything behind batch {last} was cut off shows against a kept"
                      " head (--head)")  # fmt: skip
    else:
        report.wrong("没有封存头，什么也证明不了", "there is no head, so nothing is proven")


def _heads_are_signed(
    heads: list[Json], keys: list[Json], wanted: str | None, report: Report
) -> None:
    known = {one["kid"]: _raw(one["x"]) for one in keys}
    for kid, raw in known.items():
        print_ = hashlib.sha256(raw).hexdigest()
        report.remark(f"签名密钥 {kid}，指纹 {print_}", f"signing key {kid}, fingerprint {print_}")
        if wanted is not None and print_ != wanted:
            report.wrong(f"密钥 {kid} 不是指定的那一把", f"the key {kid} is not the one named")
    size = 0
    for place, head in enumerate(heads, start=1):
        number = head["number"]
        if number != place or head["first"] != size or head["size"] <= size:
            report.wrong(f"第 {place} 批：封存头不连续", f"batch {place}: the heads have a gap")
        size = head["size"]
        said = {"type": SIGNED, **{name: head[name] for name in
                ("tenant_id", "number", "size", "root", "sealed_at", "complete")}}  # fmt: skip
        try:
            public = Ed25519PublicKey.from_public_bytes(known[head["kid"]])
            public.verify(bytes.fromhex(head["signature"]), canonical(said))
        except (InvalidSignature, KeyError, ValueError):
            report.wrong(f"第 {number} 批：签名不对", f"batch {number}: its signature is wrong")


def _events_are_those_sealed(folder: Path, heads: list[Json], report: Report) -> dict[int, str]:
    """Each event against its hash, each batch against its root; where one is wrong the next goes on
    from the tree that was signed.
    """
    tree, lines, roots = Tree(), _lines(folder / "events.jsonl"), dict[int, str]()
    line, earlier = next(lines, None), None
    for head in heads:
        number, before = head["number"], len(report.findings)
        while line is not None and (line["number"] < head["size"]):
            _look_at(line, tree.size, number, report)
            _was_made_between(line["event"], earlier, head, report)
            tree.add(leaf(canonical(line["event"])))
            report.events += 1
            line = next(lines, None)
        if tree.size != head["size"]:
            report.wrong(
                f"第 {number} 批：应有 {head['size']} 条，只有 {tree.size} 条，被移走或插入",
                f"batch {number}: {head['size']} were sealed, here are {tree.size}: removed or"
                " inserted",
            )
        roots[head["size"]] = tree.root().hex()
        if tree.root().hex() != head["root"] and len(report.findings) == before:
            en = f"batch {number}: not what was sealed: reordered or replaced"
            report.wrong(f"第 {number} 批：次序或内容不是封存时的", en)
        if tree.root().hex() != head["root"]:
            _go_on_from(head, tree, report)
        report.batches, earlier = report.batches + 1, head
    while line is not None:
        place = line["number"]
        report.wrong(f"第 {place} 条没有封存头", f"event {place} is under no head")
        line = next(lines, None)
    return roots


def _look_at(line: Json, place: int, batch: int, report: Report) -> None:
    id_ = line["event"]["id"]
    if type(line["number"]) is not int or set(line) - {"number", "hash", "event", "values"}:
        en = f"batch {batch}: the line of event {id_} is no line of an export"
        report.wrong(f"第 {batch} 批：事件 {id_} 的一行不是导出的样子", en)
    if (there := line["number"]) != place:
        report.wrong(
            f"第 {batch} 批：第 {place} 条处是第 {there} 条（{id_}），有事件被移走或插入",
            f"batch {batch}: at {place} stands {there} ({id_}): removed or inserted",
        )
    if leaf(canonical(line["event"])).hex() != line["hash"]:
        en = f"batch {batch}: event {id_} was changed"
        report.wrong(f"第 {batch} 批：事件 {id_} 的内容被改过", en)
    for path, kept in line.get("values", {}).items():
        salted = hashlib.sha256(bytes.fromhex(kept["salt"]) + canonical(kept["value"]))
        if salted.hexdigest() != (line["event"]["apart"] or {}).get(path):
            report.wrong(f"第 {batch} 批：事件 {id_} 的 {path} 不是原值",
                         f"batch {batch}: event {id_}: {path} is another value")  # fmt: skip


def _was_made_between(event: Json, earlier: Json | None, head: Json, report: Report) -> None:
    """An event is written after what was sealed whole before it, and before it is sealed itself."""
    id_, batch, made = event["id"], head["number"], _made_at(event["id"])
    if made - GRACE > _moment(head["sealed_at"]):
        report.wrong(f"第 {batch} 批：事件 {id_} 晚于封存的时刻",
                     f"batch {batch}: event {id_} is newer than its sealing")  # fmt: skip
    if earlier is None or not earlier["complete"]:
        return
    if made < _moment(earlier["sealed_at"]) - GRACE:
        report.wrong(
            f"第 {batch} 批：事件 {id_} 早于上一批却不在其中，是后来插入的",
            f"batch {batch}: event {id_} is older than the batch before and not in it: inserted",
        )


def _go_on_from(head: Json, tree: Tree, report: Report) -> None:
    tree.size, tree.frontier = head["size"], [bytes.fromhex(one) for one in head["frontier"]]
    if tree.root().hex() != head["root"]:
        number = head["number"]
        en = f"batch {number}: the head contradicts itself"
        report.wrong(f"第 {number} 批：封存头自相矛盾", en)


def _nothing_came_in_unsealed(folder: Path, heads: list[Json], report: Report) -> None:
    """What is not sealed yet is newer than the last head, but for what was under way then."""
    last = _moment(heads[-1]["sealed_at"]) if heads and heads[-1]["complete"] else None
    exported = datetime.fromisoformat(_manifest(folder)["made_at"])
    waiting = 0
    for event in _lines(folder / "unsealed.jsonl"):
        waiting += 1
        made = _made_at(event["id"])
        if event["tenant_id"] != report.tenant:
            report.wrong(
                f"事件 {event['id']} 不是这个县的", f"event {event['id']} is another county's"
            )
        if made - GRACE > exported:
            report.wrong(f"事件 {event['id']} 晚于导出的时刻",
                         f"event {event['id']} is newer than the export")  # fmt: skip
        if last is not None and made < last - GRACE:
            report.wrong(
                f"事件 {event['id']} 早于最后一批却没有封存，是后来插入的",
                f"event {event['id']} is older than the last batch and unsealed: inserted",
            )
    if waiting:
        report.remark(f"还有 {waiting} 条等待封存，尚无证明",
                      f"{waiting} events wait to be sealed and are not proven")  # fmt: skip


def _manifest(folder: Path) -> Json:
    found: Json = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def _lines(path: Path) -> Iterator[Json]:
    with path.open(encoding="utf-8") as lines:
        for text in lines:
            yield json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> Json:
    """A JSON object in which nothing is said twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is said twice")
    return found


def _made_at(id_: str) -> datetime:
    """The moment in a UUIDv7; the last there is for one beyond all calendars."""
    try:
        return datetime.fromtimestamp(int(id_.replace("-", "")[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main(arguments: list[str] | None = None) -> int:
    """Print what was found; nought where all is as it was sealed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", help="the signing key's fingerprint, kept elsewhere")
    parser.add_argument("--head", type=Path, action="append", default=[], help="a kept head")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    given = parser.parse_args(arguments)
    report = Report(zh=given.lang == "zh")
    try:
        before = [json.loads(path.read_text(encoding="utf-8")) for path in given.head]
        verify(given.folder, report, given.key, before)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OSError,
        OverflowError,
        RecursionError,
    ) as wrong:
        report.wrong(f"导出读不下去：{wrong!r}", f"the export can't be read on: {wrong!r}")
    for line in (*report.remarks, *report.findings):
        print(line)
    batches, events = report.batches, report.events
    counted = (f"{batches} 批，{events} 条事件", f"{batches} batches, {events} events")
    verdict = ("一致", "as sealed") if not report.findings else ("不一致", "NOT as sealed")
    print(f"{counted[0]}：{verdict[0]}" if report.zh else f"{counted[1]}: {verdict[1]}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
