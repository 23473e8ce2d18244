"""The tally: by hand at every border of the law, by a second count that is slow and plain, and by
what must hold of every vote.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.votes.tally import (
    Ballot,
    BallotsWrong,
    Choice,
    Counted,
    Disagreement,
    Entry,
    Kind,
    Outcome,
    Question,
    Rules,
    Share,
    Silence,
    Verdict,
    tally,
)

ORDINARY, SPECIAL = Question("q"), Question("q", Kind.special)
CONSENT, AGAINST, ABSTAIN = Choice.consent, Choice.against, Choice.abstain


def roll(*areas: str | int, heads: Sequence[str] | None = None) -> list[Entry]:
    """Units u0, u1 and so on, each of a head of its own if none are named."""
    names = heads or [f"h{number}" for number in range(len(areas))]
    return [Entry(f"u{number}", Decimal(area), names[number]) for number, area in enumerate(areas)]


def say(choice: Choice, *units: int, question: str = "q") -> list[Ballot]:
    """What the only holders of these units say."""
    return [Ballot(f"u{number}", question, f"v{number}", choice) for number in units]


def share(area: int, heads: int) -> Share:
    return Share(Decimal(area), heads)


def of(
    entries: list[Entry], ballots: list[Ballot], question: Question = ORDINARY, **rules: object
) -> Outcome:
    [outcome] = tally(entries, ballots, [question], Rules(**rules))  # type: ignore[arg-type]
    return outcome


class TestQuorum:
    """Two thirds of the area and two thirds of the heads, both, and two thirds are enough."""

    def test_exactly_two_thirds_of_both_is_enough(self) -> None:
        assert of(roll(10, 10, 10), say(CONSENT, 0, 1)).verdict == Verdict.passed

    def test_of_the_area_but_not_of_the_heads_is_none(self) -> None:
        found = of(roll(40, 10, 10), say(CONSENT, 0))
        assert Fraction(found.taking_part.area) == Fraction(2, 3) * Fraction(found.roll.area)
        assert found.verdict == Verdict.no_quorum

    def test_of_the_heads_but_not_of_the_area_is_none(self) -> None:
        assert of(roll(10, 10, "10.01"), say(CONSENT, 0, 1)).verdict == Verdict.no_quorum

    def test_a_hundredth_of_a_square_metre_decides(self) -> None:
        assert of(roll("20.00", "20.00", "20.01"), say(CONSENT, 0, 1)).verdict == Verdict.no_quorum
        assert of(roll("20.01", "20.00", "20.00"), say(CONSENT, 0, 1)).verdict == Verdict.passed

    def test_abstaining_is_taking_part(self) -> None:
        found = of(roll(10, 10, 10), [*say(CONSENT, 0), *say(ABSTAIN, 1)])
        assert found.taking_part == share(20, 2)
        assert found.verdict == Verdict.not_passed

    def test_of_nobody_there_is_none(self) -> None:
        assert of([], []).verdict == Verdict.no_quorum
        assert of(roll(10), []).verdict == Verdict.no_quorum


class TestMajorities:
    """Of those who take part: more than half, or three quarters and more; by area and by heads."""

    def test_exactly_half_is_not_more_than_half(self) -> None:
        found = of(roll(10, 10, 10, 10), [*say(CONSENT, 0, 1), *say(AGAINST, 2, 3)])
        assert found.verdict == Verdict.not_passed

    def test_more_than_half_by_heads_alone_is_not(self) -> None:
        entries = roll(10, 10, 10, 30)
        found = of(entries, [*say(CONSENT, 0, 1, 2), *say(AGAINST, 3)])
        assert (found.counted.consent, found.counted.against) == (share(30, 3), share(30, 1))
        assert found.verdict == Verdict.not_passed

    def test_exactly_three_quarters_is_enough_for_a_special_item(self) -> None:
        ballots = [*say(CONSENT, 0, 1, 2), *say(AGAINST, 3)]
        assert of(roll(10, 10, 10, 10), ballots, SPECIAL).verdict == Verdict.passed
        assert of(roll(10, 10, 10, "10.01"), ballots, SPECIAL).verdict == Verdict.not_passed

    def test_several_questions_each_by_its_own_majority(self) -> None:
        asked = [Question("sale", Kind.special), Question("rules"), Question("garden")]
        ballots = [
            *say(CONSENT, 0, 1, question="sale"), *say(AGAINST, 2, question="sale"),
            *say(CONSENT, 0, 1, question="rules"), *say(AGAINST, 2, question="rules"),
            *say(CONSENT, 0, question="garden"),
        ]  # fmt: skip
        found = tally(roll(10, 10, 10), ballots, asked)
        assert [(one.question, one.verdict) for one in found] == [
            ("sale", Verdict.not_passed), ("rules", Verdict.passed), ("garden", Verdict.no_quorum),
        ]  # fmt: skip

    def test_of_one_building_only_its_own_roll_counts(self) -> None:
        estate = roll(*[10] * 12)
        building = estate[:3]
        assert of(building, say(CONSENT, 0, 1)).verdict == Verdict.passed
        assert of(estate, say(CONSENT, 0, 1)).verdict == Verdict.no_quorum


class TestHeads:
    """Who counts once."""

    def test_one_holder_of_many_units_is_one_head_with_all_their_area(self) -> None:
        entries = roll(10, 10, 10, 10, heads=["a", "a", "a", "b"])
        found = of(entries, [*say(CONSENT, 0, 1, 2), *say(AGAINST, 3)])
        assert (found.counted.consent, found.counted.against) == (share(30, 1), share(10, 1))
        assert found.verdict == Verdict.not_passed

    def test_a_builders_unsold_stock_is_one_head_and_cannot_carry_a_vote_alone(self) -> None:
        entries = roll(*[100] * 8, *[50] * 4, heads=[*["builder"] * 8, "a", "b", "c", "d"])
        found = of(entries, say(CONSENT, *range(8)))
        assert found.verdict == Verdict.no_quorum
        found = of(entries, [*say(CONSENT, *range(8)), *say(AGAINST, 8, 9, 10)])
        assert found.counted.consent == share(800, 1)
        assert found.verdict == Verdict.not_passed

    def test_who_says_different_things_for_different_units_abstains_as_a_head(self) -> None:
        entries = roll(30, 10, 10, heads=["a", "a", "b"])
        found = of(entries, [*say(CONSENT, 0), *say(AGAINST, 1), *say(CONSENT, 2)])
        assert found.counted == Counted(share(40, 1), share(10, 0), share(0, 1))

    def test_who_takes_part_with_some_units_is_a_head_that_takes_part(self) -> None:
        entries = roll(30, 10, 10, heads=["a", "a", "b"])
        found = of(entries, [*say(CONSENT, 0), *say(CONSENT, 2)])
        assert (found.roll, found.taking_part) == (share(50, 2), share(40, 2))


class TestCoOwners:
    """They have one vote."""

    def ballots(self, *choices: Choice) -> list[Ballot]:
        return [Ballot("u0", "q", f"co{number}", one) for number, one in enumerate(choices)]

    def test_who_agree_have_said_it_once(self) -> None:
        assert of(roll(10), self.ballots(CONSENT, CONSENT)).counted.consent == share(10, 1)

    @pytest.mark.parametrize("choices", [(CONSENT, AGAINST), (AGAINST, CONSENT, CONSENT)])
    def test_who_disagree_abstain_or_by_the_rules_say_nothing(
        self, choices: tuple[Choice, ...]
    ) -> None:
        assert of(roll(10), self.ballots(*choices)).counted.abstain == share(10, 1)
        void = of(roll(10), self.ballots(*choices), disagreement=Disagreement.is_void)
        assert void.taking_part == share(0, 0)

    def test_whose_say_is_void_are_not_silent(self) -> None:
        delivered = [one._replace(is_delivered=True) for one in roll(10, 10)]
        found = of(
            delivered, [*self.ballots(CONSENT, AGAINST), *say(CONSENT, 1)], clause="第十二条",
            disagreement=Disagreement.is_void, silence=Silence.joins_the_majority,
        )  # fmt: skip
        assert found.taking_part == share(10, 1)


class TestSilence:
    """Who was given a ballot and sent none back."""

    def delivered(self, count: int = 4) -> list[Entry]:
        return [one._replace(is_delivered=True) for one in roll(*[10] * count)]

    def test_it_is_nothing_without_a_clause(self) -> None:
        assert of(self.delivered(), say(CONSENT, 0, 1)).verdict == Verdict.no_quorum
        with pytest.raises(ValueError, match="clause"):
            Rules(silence=Silence.joins_the_majority)

    def test_by_a_clause_it_takes_part(self) -> None:
        found = of(
            self.delivered(), say(CONSENT, 0, 1), clause="第八条", silence=Silence.takes_part
        )
        assert found.counted == Counted(share(20, 2), share(0, 0), share(20, 2))
        assert found.verdict == Verdict.not_passed

    def test_by_a_clause_it_joins_those_who_spoke(self) -> None:
        rules: dict[str, Any] = {"clause": "第八条", "silence": Silence.joins_the_majority}
        found = of(self.delivered(), say(CONSENT, 0, 1), ORDINARY, **rules)
        assert (found.counted.consent, found.verdict) == (share(40, 4), Verdict.passed)
        found = of(self.delivered(), say(AGAINST, 0, 1), ORDINARY, **rules)
        assert found.counted.against == share(40, 4)

    def test_where_area_and_heads_are_of_two_minds_it_joins_neither(self) -> None:
        entries = [one._replace(is_delivered=True) for one in roll(50, 10, 10, 10)]
        found = of(
            entries, [*say(CONSENT, 0), *say(AGAINST, 1, 2)], clause="第八条",
            silence=Silence.joins_the_majority,
        )  # fmt: skip
        assert found.counted.abstain == share(10, 1)

    def test_who_spoke_for_one_of_their_units_is_not_made_to_abstain_by_the_others(self) -> None:
        entries = [
            one._replace(is_delivered=True) for one in roll(10, 10, 10, heads=["a", "a", "b"])
        ]
        found = of(entries, say(CONSENT, 0, 2), clause="第八条", silence=Silence.takes_part)
        assert found.counted == Counted(share(20, 2), share(0, 0), share(10, 0))
        found = of(
            entries, say(AGAINST, 0, 2), clause="第八条", silence=Silence.joins_the_majority
        )  # fmt: skip
        assert found.counted.against == share(30, 2)

    def test_to_whom_nothing_was_delivered_is_not_silent(self) -> None:
        entries = [*self.delivered(2), Entry("u2", Decimal(10), "h2")]
        found = of(entries, say(CONSENT, 0), clause="第八条", silence=Silence.takes_part)
        assert found.taking_part == share(20, 2)


class TestWhatCannotBe:
    """No count is made of a record that can't be so."""

    @pytest.mark.parametrize(
        "ballots",
        [
            [*say(CONSENT, 0), *say(CONSENT, 0)],
            say(CONSENT, 7),
            say(CONSENT, 0, question="none"),
        ],
    )
    def test_a_say_that_is_twice_or_of_nothing(self, ballots: list[Ballot]) -> None:
        with pytest.raises(BallotsWrong):
            of(roll(10, 10), ballots)

    def test_a_unit_that_stands_on_the_roll_twice(self) -> None:
        with pytest.raises(BallotsWrong):
            of([*roll(10), *roll(10)], [])

    def test_a_proxy_for_more_heads_than_the_rules_allow(self) -> None:
        entries = roll(10, 10, 10, 10, heads=["a", "a", "b", "c"])
        ballots = [one._replace(proxy="p") for one in say(CONSENT, 0, 1, 2)]
        assert of(entries, ballots, most_by_proxy=2).counted.consent == share(30, 2)
        with pytest.raises(BallotsWrong):
            of(entries, [*ballots, *(one._replace(proxy="p") for one in say(CONSENT, 3))],
               most_by_proxy=2)  # fmt: skip

    def test_an_area_that_would_be_rounded(self) -> None:
        with pytest.raises(ArithmeticError):
            of(roll("1e40", "1e-40"), say(CONSENT, 0, 1))


AREAS = st.decimals("0.01", "9999.99", places=2)


# Of ballots drawn evenly hardly a vote would pass.
WILLING = [*[Choice.consent] * 8, Choice.against, Choice.abstain]


@st.composite
def votes(
    draw: st.DrawFn, choices: Sequence[Choice] = tuple(Choice), least: int = 0
) -> tuple[list[Entry], list[Ballot], Question, Rules]:
    """Some estate, some ballots, some rules."""
    size = draw(st.integers(1, 9))
    entries = [
        Entry(f"u{n}", draw(AREAS), draw(st.sampled_from("abcdef")), draw(st.booleans()))
        for n in range(size)
    ]
    ballots = [
        Ballot(f"u{n}", "q", f"v{n}.{who}", draw(st.sampled_from(choices)))
        for n in range(size)
        for who in range(draw(st.integers(0, 2)))
    ]
    rules = Rules(
        draw(st.sampled_from(Disagreement)), draw(st.sampled_from(Silence)), clause="第八条"
    )
    return entries, ballots, draw(st.sampled_from((ORDINARY, SPECIAL))), rules


class TestOfEveryVote:
    """What holds whatever the estate, the ballots and the rules."""

    @given(votes(), st.randoms())
    def test_the_order_of_roll_and_ballots_never_matters(
        self, vote: tuple[list[Entry], list[Ballot], Question, Rules], chance: Random
    ) -> None:
        entries, ballots, question, rules = vote
        found = tally(entries, ballots, [question], rules)
        shuffled = chance.sample(entries, len(entries)), chance.sample(ballots, len(ballots))
        assert tally(*shuffled, [question], rules) == found

    @given(votes(), st.integers(2, 1000))
    def test_other_square_metres_change_nothing(
        self, vote: tuple[list[Entry], list[Ballot], Question, Rules], factor: int
    ) -> None:
        entries, ballots, question, rules = vote
        [found] = tally(entries, ballots, [question], rules)
        larger = [one._replace(area=one.area * factor) for one in entries]
        [scaled] = tally(larger, ballots, [question], rules)
        assert scaled.verdict == found.verdict
        assert scaled.counted.consent.area == found.counted.consent.area * factor

    @given(votes(WILLING, 1) | votes(WILLING))
    def test_one_more_consent_never_turns_passed_into_failed(
        self, vote: tuple[list[Entry], list[Ballot], Question, Rules]
    ) -> None:
        """Whoever said nothing consents, or whoever said something else does."""
        entries, ballots, question, rules = vote
        [found] = tally(entries, ballots, [question], rules)
        assume(found.verdict == Verdict.passed)
        for entry in entries:
            others = [one for one in ballots if one.entry != entry.id]
            more = [*others, Ballot(entry.id, "q", "v", Choice.consent)]
            [again] = tally(entries, more, [question], rules)
            assert again.verdict == Verdict.passed

    @given(votes())
    def test_what_was_said_adds_up(
        self, vote: tuple[list[Entry], list[Ballot], Question, Rules]
    ) -> None:
        entries, ballots, question, rules = vote
        [found] = tally(entries, ballots, [question], rules)
        assert sum(share.area for share in found.counted) == found.taking_part.area
        assert sum(share.heads for share in found.counted) == found.taking_part.heads
        assert found.taking_part.area <= found.roll.area
        assert found.taking_part.heads <= found.roll.heads

    @given(votes())
    def test_a_second_count_by_the_words_of_the_law_agrees(
        self, vote: tuple[list[Entry], list[Ballot], Question, Rules]
    ) -> None:
        entries, ballots, question, rules = vote
        plain = replace(rules, silence=Silence.is_nothing)
        [found] = tally(entries, ballots, [question], plain)
        assert found.verdict == by_hand(entries, ballots, question, plain)


def by_hand(
    entries: list[Entry], ballots: list[Ballot], question: Question, rules: Rules
) -> Verdict:
    """The same said again unit by unit, with nothing shared but the fractions of the law."""
    said: dict[str, Choice] = {}
    for entry in entries:
        choices = {one.choice for one in ballots if one.entry == entry.id}
        if len(choices) == 1:
            said[entry.id] = choices.pop()
        elif choices and rules.disagreement == Disagreement.abstains:
            said[entry.id] = Choice.abstain

    def parts(units: list[Entry]) -> tuple[Fraction, int]:
        return sum((Fraction(one.area) for one in units), Fraction(0)), len({u.head for u in units})

    taking = [one for one in entries if one.id in said]
    willing = {
        one.head
        for one in taking
        if all(said[other.id] == Choice.consent for other in taking if other.head == one.head)
    }
    consenting = sum((Fraction(one.area) for one in taking if said[one.id] == Choice.consent),
                     Fraction(0))  # fmt: skip
    (area, heads), (all_area, all_heads) = parts(taking), parts(entries)
    if area * 3 < all_area * 2 or heads * 3 < all_heads * 2:
        return Verdict.no_quorum
    if question.kind == Kind.special:
        is_passed = consenting * 4 >= area * 3 and len(willing) * 4 >= heads * 3
    else:
        is_passed = consenting * 2 > area and len(willing) * 2 > heads
    return Verdict.passed if is_passed else Verdict.not_passed


def test_a_share_is_read_with_both_its_parts() -> None:
    whole = Share(Decimal(90), 9)
    assert Share(Decimal(60), 6).reaches(Fraction(2, 3), whole)
    assert not Share(Decimal(60), 5).reaches(Fraction(2, 3), whole)
    assert not Share(Decimal(45), 5).exceeds(Fraction(1, 2), whole)
