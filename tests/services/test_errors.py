"""What a refusal says: one sentence after the other, each with one full stop."""

import ast
import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import infra
import schema
import services
from policies import Denied
from schema.errors import describe, refusal
from services import councils, extensions, meetings, posts, resolutions, tenants, units
from services.councils import SeatKind
from services.errors import DocumentRefused, Label, Refused, Said, called
from services.extensions import ExtensionState
from services.matters import handling, states
from services.matters.opinions import OpinionsMissing
from services.matters.states import MatterState
from services.matters.tables import HandlingClass
from services.meetings import agenda, minutes
from services.meetings.tables import MeetingState, Outcome, Reserved, ResolutionState
from services.posts import AppointmentState
from services.tables import TenantState
from services.units import UnitKind, UnitMisplaced


class TestMessage:
    @pytest.mark.parametrize("is_said", [False, True])
    @pytest.mark.parametrize("reason", ["Expected Name.", "Expected Name", "Expected Name。"])
    def test_a_sentence_within_it_adds_no_second_stop(self, reason: str, is_said: bool) -> None:
        refused = DocumentRefused(reason=Said(reason, reason) if is_said else reason)
        assert refused.message("en") == "The document is not right: Expected Name."
        assert refused.message("zh") == "查询文档有误：Expected Name。"

    def test_each_is_a_sentence_in_each_language_and_nothing_is_cut_off(self) -> None:
        # The schema first, whose modules have an order of their own.
        assert schema.sdl()
        for package in (services, infra):
            for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
                import_module(module.name)
        kinds: list[type[Refused]] = [Refused, *refusals(Refused)]
        assert UnitMisplaced in kinds
        for kind in kinds:
            assert len((kind.__doc__ or "").strip().splitlines()) == 2, kind
            for language, stops in (("zh", "。？！"), ("en", ".?!")):
                assert ".." not in kind.text(language)
                assert kind.text(language)[-1] in stops, kind

    def test_who_may_do_it_elsewhere_is_told_so_by_the_same_code(self) -> None:
        elsewhere = refusal(Denied("accept", "matters", is_elsewhere=True))
        nowhere = refusal(Denied("accept", "matters"))
        assert elsewhere.code == nowhere.code == "FORBIDDEN"
        assert elsewhere.facts == nowhere.facts
        assert elsewhere.message("zh") != nowhere.message("zh")


LABELLED: list[tuple[Any, Mapping[Any, Label]]] = [
    (AppointmentState, posts.STATES),
    (ExtensionState, extensions.STATES),
    (HandlingClass, handling.CLASSES),
    (MatterState, states.LABELS),
    (MeetingState, meetings.states.LABELS),
    (Outcome, minutes.OUTCOMES),
    (Reserved, agenda.RESERVED),
    (ResolutionState, resolutions.STATES),
    (SeatKind, councils.LABELS),
    (TenantState, tenants.STATES),
    (UnitKind, units.LABELS),
    (units.OCCUPANTS, units.KEPT),
    (meetings.states.ACTS, meetings.states.ACT_LABELS),
    (resolutions.ACTS, resolutions.ACT_LABELS),
]


class TestWords:
    """People read words, programs codes."""

    @pytest.mark.parametrize(("known", "labels"), LABELLED, ids=lambda one: str(len(one)))
    def test_each_code_that_a_message_names_has_words(
        self, known: Any, labels: Mapping[Any, Label]
    ) -> None:
        for code in known:
            said = called(labels, code)
            assert said.code == str(code)
            assert any("\u4e00" <= sign <= "\u9fff" for sign in said.zh), code
            assert "_" not in said.en, code

    def test_in_a_message_there_are_words_and_beside_it_the_codes(self) -> None:
        refused = OpinionsMissing(heads=called(units.LABELS, UnitKind.building, UnitKind.grid))
        assert "楼栋、网格" in refused.message("zh")
        assert "Building, Grid" in refused.message("en")
        assert describe(refused, "zh")["extensions"]["heads"] == "building, grid"

    def test_no_refusal_is_raised_with_a_bare_code(self) -> None:
        """Else a code in English would stand in the midst of a Chinese sentence."""
        coded = {"value", "state", "outcome", "kind", "role", "reserved"}
        bare = [
            f"{file}:{node.lineno}"
            for file in sorted(Path(services.__path__[0]).rglob("*.py"))
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            for given in node.exc.keywords
            if isinstance(given.value, ast.Attribute) and given.value.attr in coded
        ]
        assert bare == []


def refusals(parent: type[Refused]) -> Iterator[type[Refused]]:
    """Every refusal there is, of the modules loaded so far."""
    for child in parent.__subclasses__():
        yield child
        yield from refusals(child)
