"""Verify the evidence of a vote (核验表决证据包): offline, by nothing but the archive and Python.

It imports nothing of the service. It counts the ballots anew by the law (Civil Code, article 278)
and the rules that the notice names, and compares: files with their manifest, notice, roll and
ballots with the hashes that were published, each receipt with what it is the hash of, the result.

    python verify_vote.py ARCHIVE.zip [--roll SHA256] [--ballots SHA256] [--text SHA256]
"""

import argparse
import hashlib
import json
import sys
import zipfile
from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

CHOICES = ("consent", "against", "abstain")
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
        if sorted(names) != sorted(listed):
            self.wrong.append("文件与清单不一致 files and manifest differ")
        for name in sorted({*names} & {*listed}):
            if sha256(packed.read(name)) != listed[name]["sha256"]:
                self.wrong.append(f"与清单不符 not as in the manifest: {name}")
        self.read = {
            name.removesuffix(".json"): json.loads(packed.read(name))
            for name in names
            if name.endswith(".json")
        }

    def check_hashes(self, given: dict[str, str | None]) -> None:
        """Notice, roll and ballots are those whose hashes were published."""
        notice, tally = self.read["notice"], self.read["tally"]
        lines = b"".join(canonical(line) + b"\n" for line in self.read["roll"])
        receipts = "".join(f"{one['receipt']}\n" for one in self.read["ballots"]).encode()
        for name, said, found in (
            ("text", notice["text_sha256"], sha256(canonical(notice["wording"]))),
            ("roll", tally["roll_sha256"], sha256(lines)),
            ("ballots", tally["ballots_sha256"], sha256(receipts)),
        ):
            if found != said or given[name] not in (None, found):
                self.wrong.append(f"哈希不符 not the published hash: {name} {found}")

    def check_roll(self) -> None:
        """What is counted by is the roll: unit by unit, or of a secret vote all units together."""
        roll, count = self.read["roll"], self.read["count"]
        had = {one["number"] for one in self.read["deliveries"]} - {None}
        if self.read["notice"]["wording"]["secrecy"] == "open":
            is_same = count == [[n, a, h, n in had] for n, _, a, h in roll]
        else:
            is_same = grouped((h, a) for _, _, a, h in roll) == grouped(
                (h, a) for _, a, h, _ in count
            ) and sum(line[3] for line in count) == len(had)
        if not is_same or len({line[0] for line in count}) < len(count):
            self.wrong.append("计票所用名册与公布的不同 counted by another roll")

    def check_ballots(self) -> None:
        """Each receipt is that of what was said, each voter says it once, no proxy has too many."""
        entries = {line[0]: line[2] for line in self.read["count"]}
        is_open = self.read["notice"]["wording"]["secrecy"] == "open"
        spoken: dict[str, set[Any]] = defaultdict(set)
        seen = Counter((one["entry"], one["voter"]) for one in self.read["ballots"])
        for one in self.read["ballots"]:
            said = one["said"]
            is_its = sha256(canonical(said)) == one["receipt"] and one["entry"] in entries
            if not is_its or (is_open and said["entry"] != one["entry"]):
                self.wrong.append(f"选票与回执不符 a ballot isn't as its receipt: {one['receipt']}")
            if seen[one["entry"], one["voter"]] > 1:
                self.wrong.append(f"投了不止一次 voted more than once: {one['voter']}")
            if one["proxy"] is not None:
                spoken[one["proxy"]].add(entries.get(one["entry"]))
        most = self.read["notice"]["rules"]["most_by_proxy"]
        if most is not None and any(len(heads) > most for heads in spoken.values()):
            self.wrong.append("受托超过限额 a proxy spoke for too many")

    def check_tally(self) -> None:
        """Each question comes to what was published."""
        questions = self.read["notice"]["wording"]["questions"]
        for asked, said in zip(questions, self.read["tally"]["questions"], strict=True):
            found = {"id": asked["id"], **self.counted(asked)}
            if found != said:
                self.wrong.append(f"结果不符 counted otherwise: {found}")

    def counted(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What a question comes to, in exact fractions."""
        roll = [(mark, Fraction(area), head) for mark, area, head, _ in self.read["count"]]
        said = self.settled(asked["id"])
        sums = self.sums(roll, said)
        whole_area = sum((area for _, area, _ in roll), Fraction(0))
        whole_heads = len({head for _, _, head in roll})
        part = (
            sum((area for mark, area, _ in roll if mark in said), Fraction(0)),
            len({head for mark, _, head in roll if mark in said}),
        )
        area, heads = sums["consent"]
        if asked["kind"] == "special":
            is_passed = area >= THREE_QUARTERS * part[0] and heads >= THREE_QUARTERS * part[1]
        else:
            is_passed = area > HALF * part[0] and heads > HALF * part[1]
        verdict = "passed" if is_passed else "not_passed"
        if part[0] < TWO_THIRDS * whole_area or part[1] < TWO_THIRDS * whole_heads or not roll:
            verdict = "no_quorum"
        written = {"part": part, **sums}
        return {"verdict": verdict, **{n: [exact(a), h] for n, (a, h) in written.items()}}

    def sums(
        self, roll: list[tuple[Any, Fraction, Any]], said: dict[Any, str]
    ) -> dict[str, tuple[Fraction, int]]:
        """By area what each unit says; a head abstains that says different things."""
        areas, heads = dict.fromkeys(CHOICES, Fraction(0)), defaultdict(set)
        for mark, area, head in roll:
            if mark in said:
                areas[said[mark]] += area
                heads[head].add(said[mark])
        of = Counter(min(said) if len(said) == 1 else "abstain" for said in heads.values())
        return {choice: (areas[choice], of[choice]) for choice in CHOICES}

    def settled(self, question: str) -> dict[Any, str]:
        """What each unit says, by the rules for holders who differ and for silence."""
        rules = self.read["notice"]["rules"]
        each: dict[Any, set[str]] = defaultdict(set)
        for one in self.read["ballots"]:
            if question in one["said"]["answers"]:
                each[one["entry"]].add(one["said"]["answers"][question])
        said = {mark: min(all_) if len(all_) == 1 else "abstain" for mark, all_ in each.items()}
        if rules["disagreement"] == "is_void":
            said = {mark: choice for mark, choice in said.items() if len(each[mark]) == 1}
        if rules["silence"] == "is_nothing" or not rules["clause"]:
            return said
        joined = "abstain"
        if rules["silence"] == "joins_the_majority":
            sums = self.sums([(m, Fraction(a), h) for m, a, h, _ in self.read["count"]], said)
            for one, other in (("consent", "against"), ("against", "consent")):
                if sums[one][0] > sums[other][0] and sums[one][1] > sums[other][1]:
                    joined = one
        silent = (mark for mark, _, _, had in self.read["count"] if had and mark not in each)
        return said | dict.fromkeys(silent, joined)


def exact(area: Fraction) -> str:
    """Square metres with two places, nothing rounded: areas are hundredths."""
    hundredths = int(area * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def grouped(lines: Any) -> list[list[str]]:
    """The areas of each head, whatever the head is called."""
    of: dict[Any, list[str]] = defaultdict(list)
    for head, area in lines:
        of[head].append(area)
    return sorted(sorted(areas) for areas in of.values())


def main(arguments: list[str] | None = None) -> int:
    """Say what was found; 1 if anything isn't as it was published."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("archive")
    for name in ("roll", "ballots", "text"):
        parser.add_argument(f"--{name}")
    given = vars(parser.parse_args(arguments))
    with zipfile.ZipFile(given["archive"]) as packed:
        vote = Vote(packed)
    vote.check_hashes(given)
    for check in (vote.check_roll, vote.check_ballots, vote.check_tally):
        check()
    for one in vote.read["tally"]["questions"]:
        print(one)
    print("\n".join(vote.wrong) or "核验无误 as it was published")
    return 1 if vote.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
