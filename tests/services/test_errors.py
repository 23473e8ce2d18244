"""What a refusal says: one sentence after the other, each with one full stop."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest

import infra
import schema
import services
from policies import Denied
from schema.errors import refusal
from services.errors import DocumentRefused, Refused
from services.units import UnitMisplaced


class TestMessage:
    @pytest.mark.parametrize("reason", ["Expected Name.", "Expected Name", "Expected Name。"])
    def test_a_sentence_within_it_adds_no_second_stop(self, reason: str) -> None:
        refused = DocumentRefused(reason=reason)
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


def refusals(parent: type[Refused]) -> Iterator[type[Refused]]:
    """Every refusal there is, of the modules loaded so far."""
    for child in parent.__subclasses__():
        yield child
        yield from refusals(child)
