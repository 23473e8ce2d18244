"""Verify the evidence of a vote (核验表决证据包): offline, by nothing but the archive and Python.

It counts the ballots anew by the law (Civil Code, article 278) and the rules that the notice fixes,
and compares files, hashes, receipts, times, proxies and the result with what was published.

    python verify_vote.py ARCHIVE.zip [--roll SHA256] [--ballots SHA256] [--text SHA256]
"""

import argparse
import hashlib
import json
import sys
import zipfile
from collections import Counter, defaultdict
from datetime import datetime
from fractions import Fraction
from typing import Any

CHOICES = ("consent", "against", "abstain")
NAMING = ("deliveries", "ballots", "proxies", "not_counted")
SPECIAL = ("raising_funds", "rebuilding", "common_use")
TWO_THIRDS, HALF, THREE_QUARTERS = Fraction(2, 3), Fraction(1, 2), Fraction(3, 4)


def canonical(value: Any) -> bytes:
    """JSON in its one form: keys in order, no white space, UTF-8."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return written.encode()


def sha256(data: bytes) -> str:
    """The hash in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class Vote:
    """The documents of an archive, and what is found wrong with them."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self.wrong: list[str] = []
        listed = json.loads(packed.read("manifest.json"))["files"]
        names = [one for one in packed.namelist() if one not in ("manifest.json", "verify_vote.py")]
        self.hold(sorted(names) == sorted(listed), "文件与清单不一致 files and manifest differ")
        for name in sorted({*names} & {*listed}):
            found = sha256(packed.read(name)) == listed[name]["sha256"]
            self.hold(found, f"与清单不符 not as in the manifest: {name}")
        self.read = {one[:-5]: json.loads(packed.read(one)) for one in names if one[-5:] == ".json"}
        self.names, self.wording = names, self.read["notice"]["wording"]
        self.rules, self.is_open = self.wording["rules"], self.wording["secrecy"] == "open"
        self.count = [(mark, Fraction(area), *more) for mark, area, *more in self.read["count"]]

    def hold(self, is_so: bool, otherwise: str) -> None:
        """Note what isn't so."""
        self.wrong += [] if is_so else [otherwise]

    def check_hashes(self, given: dict[str, str | None]) -> None:
        """Notice, roll and ballots are those whose hashes were published."""
        notice, tally = self.read["notice"], self.read["tally"]
        lines = b"".join(canonical(line) + b"\n" for line in self.read["roll"])
        receipts = "".join(f"{one['receipt']}\n" for one in self.read["ballots"]).encode()
        for name, said, found in (
            ("text", notice["text_sha256"], sha256(canonical(self.wording))),
            ("roll", tally["roll_sha256"], sha256(lines)),
            ("ballots", tally["ballots_sha256"], sha256(receipts)),
        ):
            is_it = found == said and given[name] in (None, found)
            self.hold(is_it, f"哈希不符 not the published hash: {name} {found}")

    def check_files(self) -> None:
        """Whatever is named as a proof, a scan or an authorisation is there."""
        for one in (one for name in NAMING for one in self.read[name]):
            for name in {one.get(key) for key in ("proof", "scan", "by")} - {None, *self.names}:
                self.hold(False, f"缺文件 a file is missing: {name}")

    def check_roll(self) -> None:
        """What is counted by is the roll: unit by unit, or of a secret vote all units together."""
        had, count = {one["number"] for one in self.read["deliveries"]}, self.read["count"]
        roll = [[number, area, head, number in had] for number, _, area, head in self.read["roll"]]
        if not self.is_open:
            roll, count = grouped(roll), grouped(count)
        is_same = count == roll and exact(*total(self.count)) == self.read["tally"]["roll"]
        is_once = len({line[0] for line in self.count}) == len(self.count)
        self.hold(is_same and is_once, "计票所用名册与公布的不同 counted by another roll")

    def check_ballots(self) -> None:
        """Each receipt is that of what was said in time, by one who says it once or by a proxy who
        is on record and has no more than they may.
        """
        entries = {line[0]: line[2] for line in self.read["count"]}
        first = datetime.fromisoformat(self.wording["opens_at"])
        last = datetime.fromisoformat(self.read["notice"]["closed_at"])
        given = {(one["state"], one["proxy"], one["voter"]) for one in self.read["proxies"]}
        spoken: dict[str, set[Any]] = defaultdict(set)
        seen = Counter((one["entry"], one["voter"]) for one in self.read["ballots"])
        for one in self.read["ballots"]:
            said, entry, receipt = one["said"], one["entry"], one["receipt"]
            is_its = sha256(canonical(said)) == receipt and entry in entries
            is_its = is_its and said["entry"] == (entry if self.is_open else None)
            self.hold(is_its, f"选票与回执不符 a ballot isn't as its receipt: {receipt}")
            self.hold(seen[entry, one["voter"]] == 1, f"投了不止一次 voted twice: {one['voter']}")
            at = datetime.fromisoformat(one["received_at"]) if self.is_open else first
            self.hold(first <= at < last, f"不在投票期间收到 not received in time: {receipt}")
            if by := one["proxy"]:
                spoken[by].add(entries.get(entry))
                is_given = ("confirmed", by, one["voter"]) in given
                self.hold(is_given, f"没有委托 by no proxy on record: {receipt}")
        most = max(map(len, spoken.values()), default=0)
        self.hold(most <= (self.rules["most_by_proxy"] or most), "受托超限 a proxy has too many")

    def check_tally(self) -> None:
        """Each question comes to what was published."""
        found = [{"id": one["id"], **self.counted(one)} for one in self.wording["questions"]]
        self.hold(found == self.read["tally"]["questions"], f"结果不符 counted otherwise: {found}")

    def counted(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What a question comes to, in exact fractions."""
        each: dict[Any, set[str]] = defaultdict(set)
        for one in self.read["ballots"]:
            if asked["id"] in one["said"]["answers"]:
                each[one["entry"]].add(one["said"]["answers"][asked["id"]])
        said = self.settled(each)
        sums, whole = self.sums(said, each), total(self.count)
        part = total([line for line in self.count if line[0] in said])
        area, heads = sums["consent"]
        is_passed = area > HALF * part[0] and heads > HALF * part[1]
        if asked["item"] in SPECIAL:
            is_passed = area >= THREE_QUARTERS * part[0] and heads >= THREE_QUARTERS * part[1]
        verdict = "passed" if is_passed else "not_passed"
        if part[0] < TWO_THIRDS * whole[0] or part[1] < TWO_THIRDS * whole[1] or not whole[1]:
            verdict = "no_quorum"
        return {"verdict": verdict, "part": exact(*part), **{n: exact(*s) for n, s in sums.items()}}

    def sums(self, said: dict[Any, str], each: dict[Any, Any]) -> dict[str, tuple[Fraction, int]]:
        """By area what each unit says; a head as its units that spoke, or that were silent."""
        areas = dict.fromkeys(CHOICES, Fraction(0))
        spoken: dict[Any, set[str]] = defaultdict(set)
        silent: dict[Any, set[str]] = defaultdict(set)
        for mark, area, head, _ in self.count:
            if mark in said:
                areas[said[mark]] += area
                (spoken if mark in each else silent)[head].add(said[mark])
        of = Counter(min(s) if len(s) == 1 else "abstain" for s in (silent | spoken).values())
        return {choice: (areas[choice], of[choice]) for choice in CHOICES}

    def settled(self, each: dict[Any, set[str]]) -> dict[Any, str]:
        """What each unit says, by the rules for holders who differ and for silence."""
        said = {mark: min(all_) if len(all_) == 1 else "abstain" for mark, all_ in each.items()}
        if self.rules["disagreement"] == "is_void":
            said = {mark: choice for mark, choice in said.items() if len(each[mark]) == 1}
        if self.rules["silence"] == "is_nothing":
            return said
        joined = "abstain"
        if self.rules["silence"] == "joins_the_majority":
            sums = self.sums(said, each)
            for one, other in (("consent", "against"), ("against", "consent")):
                if sums[one][0] > sums[other][0] and sums[one][1] > sums[other][1]:
                    joined = one
        silent = (mark for mark, _, _, had in self.count if had and mark not in each)
        return said | dict.fromkeys(silent, joined)


def total(lines: list[Any]) -> tuple[Fraction, int]:
    """The area of some units, and their heads."""
    return sum((line[1] for line in lines), Fraction(0)), len({line[2] for line in lines})


def exact(area: Fraction, heads: int) -> list[Any]:
    """Square metres with two places, nothing rounded as areas are hundredths; and the heads."""
    return ["{}.{:02}".format(*divmod(int(area * 100), 100)), heads]


def grouped(lines: list[Any]) -> list[Any]:
    """How many had the notice, and the areas of each head, whatever units and heads are called."""
    of: dict[Any, list[str]] = defaultdict(list)
    for _, area, head, _ in lines:
        of[head].append(area)
    return [sum(line[3] for line in lines), *sorted(map(sorted, of.values()))]


def main(arguments: list[str] | None = None) -> int:
    """Say what was found; 1 if anything isn't as it was published."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("archive", "--roll", "--ballots", "--text"):
        parser.add_argument(name)
    given = vars(parser.parse_args(arguments))
    try:
        vote = Vote(zipfile.ZipFile(given["archive"]))
    except (OSError, LookupError, ValueError, zipfile.BadZipFile) as unread:
        parser.error(f"读不了 can't be read: {unread}")
    vote.check_hashes(given)
    for check in (vote.check_files, vote.check_roll, vote.check_ballots, vote.check_tally):
        check()
    found = map(json.dumps, vote.read["tally"]["questions"])
    print(*found, *(vote.wrong or ["核验无误 as published"]), sep="\n")
    return 1 if vote.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
