"""What a refusal says: one sentence after the other, each with one full stop."""

import pytest

from services.errors import DocumentRefused, Refused
from services.units import UnitMisplaced


class TestMessage:
    @pytest.mark.parametrize("reason", ["Expected Name.", "Expected Name", "Expected Name。"])
    def test_a_sentence_within_it_adds_no_second_stop(self, reason: str) -> None:
        refused = DocumentRefused(reason=reason)
        assert refused.message("en") == "The document is not right: Expected Name."
        assert refused.message("zh") == "查询文档有误：Expected Name。"

    def test_no_refusal_has_two_stops_by_itself(self) -> None:
        for kind in (Refused, UnitMisplaced):
            for language in ("zh", "en"):
                assert ".." not in kind.text(language)
