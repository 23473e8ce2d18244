"""The tally (计票): from a frozen roll and its ballots to what was decided, in exact fractions.

Civil Code, article 278: owners of two thirds of the exclusive area and of two thirds of the heads
must take part; an ordinary item needs more than half of both taking part, a special one three
quarters ("以上" holds the number itself, "过半数" is more than the half: article 1259). Pure: the
same roll and ballots, in whatever order, give the same outcome. Areas are added without rounding
and compared as fractions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, localcontext
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple


class Choice(StrEnum):
    """What is said of a question."""

    consent = "consent"
    against = "against"
    abstain = "abstain"


class Kind(StrEnum):
    """By which majority a question is decided: ordinary (一般事项) or special (特别事项)."""

    ordinary = "ordinary"
    special = "special"


class Verdict(StrEnum):
    """What came of a question; without the quorum nothing was decided."""

    passed = "passed"
    not_passed = "not_passed"
    no_quorum = "no_quorum"


class Disagreement(StrEnum):
    """What co-owners who say different things of one unit have said: an abstention, or nothing."""

    abstains = "abstains"
    is_void = "is_void"


class Silence(StrEnum):
    """What an owner has said to whom the ballot was delivered and who sent none back.

    Of an owner of several units who spoke for one the head has said that; only the area of the
    others is silent. Anything but nothing needs the clause of the estate's rules of procedure that
    says so.
    """

    is_nothing = "is_nothing"
    takes_part = "takes_part"
    joins_the_majority = "joins_the_majority"


class Entry(NamedTuple):
    """A unit on the roll: its exclusive area in square metres, and the head that it counts for.

    Units with one head count as one person: those of one holder, a builder's unsold stock. The
    head of a unit that several own together is theirs together.
    """

    id: str
    area: Decimal
    head: str
    is_delivered: bool = False


class Question(NamedTuple):
    """What is asked, and by which majority it is decided."""

    id: str
    kind: Kind = Kind.ordinary


class Ballot(NamedTuple):
    """What one holder of a unit says of a question, by a proxy (受托人) if one is named; each says
    it once, on paper or elsewhere.
    """

    entry: str
    question: str
    voter: str
    choice: Choice
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the count isn't the law's, but the county's or the estate's.

    `clause` is the one of the rules of procedure by which silence counts; `most_by_proxy` for how
    many heads one proxy may speak, if there is a limit.
    """

    disagreement: Disagreement = Disagreement.abstains
    silence: Silence = Silence.is_nothing
    clause: str | None = None
    most_by_proxy: int | None = None

    def __post_init__(self) -> None:
        if self.silence != Silence.is_nothing and not self.clause:
            raise ValueError("silence counts only by a clause of the rules of procedure")


class BallotsWrong(ValueError):
    """What was recorded can't be so: somebody's say came twice, is of no unit on the roll or of no
    question, or a proxy speaks for too many.
    """


class Share(NamedTuple):
    """So much of the area, so many of the heads."""

    area: Decimal = Decimal(0)
    heads: int = 0

    def reaches(self, fraction: Fraction, of: "Share") -> bool:
        """Whether it is so large a part of another, by area and by heads, or larger."""
        return Fraction(self.area) >= fraction * Fraction(of.area) and (
            self.heads >= fraction * of.heads
        )

    def exceeds(self, fraction: Fraction, of: "Share") -> bool:
        """Whether it is a larger part of another, by area and by heads."""
        return Fraction(self.area) > fraction * Fraction(of.area) and (
            self.heads > fraction * of.heads
        )


class Counted(NamedTuple):
    """What was said of a question, by area and by heads; whoever takes part is in one of them."""

    consent: Share
    against: Share
    abstain: Share

    @property
    def area(self) -> Decimal:
        """The area that takes part."""
        return self.consent.area + self.against.area + self.abstain.area


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question, with all that it takes to see why."""

    question: str
    kind: Kind
    verdict: Verdict
    roll: Share
    taking_part: Share
    counted: Counted


TWO_THIRDS, HALF, THREE_QUARTERS = Fraction(2, 3), Fraction(1, 2), Fraction(3, 4)


def tally(
    roll: Sequence[Entry],
    ballots: Iterable[Ballot],
    questions: Sequence[Question],
    rules: Rules | None = None,
) -> list[Outcome]:
    """What came of each question, in their order; `BallotsWrong` where there can be no count."""
    rules = rules or Rules()
    asked = {question.id: dict[str, Choice | None]() for question in questions}
    heads = {entry.id: entry.head for entry in roll}
    if len(heads) < len(roll):
        raise BallotsWrong("a unit stands on the roll twice")
    _read(ballots, asked, heads, rules)
    with localcontext(Context(prec=60, traps=[Inexact])):
        whole = Share(_area(roll), len(set(heads.values())))
        return [_decide(question, roll, asked[question.id], rules, whole) for question in questions]


def _read(
    ballots: Iterable[Ballot],
    asked: Mapping[str, dict[str, Choice | None]],
    heads: Mapping[str, str],
    rules: Rules,
) -> None:
    """Put under each question what each unit says; null where its holders don't agree."""
    seen: set[tuple[str, str, str]] = set()
    spoken_for: dict[str, set[str]] = defaultdict(set)
    for entry, question, voter, choice, proxy in ballots:
        place = (question, entry, voter)
        if question not in asked or entry not in heads or place in seen:
            raise BallotsWrong(f"a say that is twice or of nothing: {', '.join(place)}")
        seen.add(place)
        if asked[question].setdefault(entry, choice) != choice:
            asked[question][entry] = None
        if proxy is not None:
            spoken_for[proxy].add(heads[entry])
    most = rules.most_by_proxy
    if most is not None and any(len(those) > most for those in spoken_for.values()):
        raise BallotsWrong(f"a proxy speaks for more than {most}")


def _decide(
    question: Question,
    roll: Sequence[Entry],
    said: Mapping[str, Choice | None],
    rules: Rules,
    whole: Share,
) -> Outcome:
    choices = _settled(roll, said, rules)
    counted = _counted(roll, choices, said)
    heads = len({entry.head for entry in roll if entry.id in choices})
    taking_part = Share(counted.area, heads)
    if not whole.heads or not taking_part.reaches(TWO_THIRDS, whole):
        verdict = Verdict.no_quorum
    elif question.kind == Kind.special:
        is_passed = counted.consent.reaches(THREE_QUARTERS, taking_part)
        verdict = Verdict.passed if is_passed else Verdict.not_passed
    else:
        is_passed = counted.consent.exceeds(HALF, taking_part)
        verdict = Verdict.passed if is_passed else Verdict.not_passed
    return Outcome(question.id, question.kind, verdict, whole, taking_part, counted)


def _settled(
    roll: Sequence[Entry], said: Mapping[str, Choice | None], rules: Rules
) -> dict[str, Choice]:
    """What each unit that takes part says: where co-owners differ, and where silence counts."""
    is_void = rules.disagreement == Disagreement.is_void
    choices = {
        entry: choice or Choice.abstain
        for entry, choice in said.items()
        if choice is not None or not is_void
    }
    if rules.silence == Silence.is_nothing:
        return choices
    joined = Choice.abstain
    if rules.silence == Silence.joins_the_majority:
        joined = _majority(_counted(roll, choices, said))
    silent = (entry.id for entry in roll if entry.is_delivered and entry.id not in said)
    return choices | dict.fromkeys(silent, joined)


def _majority(counted: Counted) -> Choice:
    """What most of those who spoke want, by area and by heads alike; otherwise nothing is joined.

    Of a majority by the one against a majority by the other silence takes no side.
    """
    ranked = {Choice.consent: counted.consent, Choice.against: counted.against}
    for choice, other in ((Choice.consent, Choice.against), (Choice.against, Choice.consent)):
        mine, theirs = ranked[choice], ranked[other]
        if mine.area > theirs.area and mine.heads > theirs.heads:
            return choice
    return Choice.abstain


def _counted(
    roll: Sequence[Entry], choices: Mapping[str, Choice], said: Mapping[str, Choice | None]
) -> Counted:
    """By area each unit says what it says; a head says what all its units say that spoke, or where
    none did what silence has said.

    Of one who says different things for different units the head abstains.
    """
    areas = dict.fromkeys(Choice, Decimal(0))
    spoken: dict[str, set[Choice]] = defaultdict(set)
    silent: dict[str, set[Choice]] = defaultdict(set)
    for entry in roll:
        choice = choices.get(entry.id)
        if choice is not None:
            areas[choice] += entry.area
            (spoken if entry.id in said else silent)[entry.head].add(choice)
    counted: Counter[Choice] = Counter(
        next(iter(each)) if len(each) == 1 else Choice.abstain
        for each in (silent | spoken).values()
    )
    return Counted(*(Share(areas[choice], counted[choice]) for choice in Choice))


def _area(roll: Iterable[Entry]) -> Decimal:
    return sum((entry.area for entry in roll), Decimal(0))
