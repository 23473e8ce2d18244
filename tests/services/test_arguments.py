"""What a text may hold: nothing that hides, nothing that shows as nothing."""

import pytest

from services.arguments import Length, clean_text

NAME, TEXT = Length(1, 80), Length(1, 20_000)


class TestCleanText:
    @pytest.mark.parametrize(
        ("text", "cleaned"),
        [("  东街社区 ", "东街社区"), ("O\u2019Brien", "O\u2019Brien"), ("a\u200bb", "a\u200bb"),
         ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"), ("مدينة", "مدينة"), ("é", "é")],
    )  # fmt: skip
    def test_what_people_write_stays(self, text: str, cleaned: str) -> None:
        assert clean_text(text, NAME) == cleaned

    @pytest.mark.parametrize("code", [*range(1, 9), 0xB, 0x1B, 0x7F, 0x80, 0x85, 0x9F, 0x202E,
                                      0x202A, 0x2066, 0x2069])  # fmt: skip
    def test_what_hides_or_reorders_is_refused_in_any_text(self, code: int) -> None:
        for length in (NAME, TEXT):
            with pytest.raises(ValueError, match=f"U\\+{code:04X}"):
                clean_text(f"东{chr(code)}街", length)

    @pytest.mark.parametrize("broken", ["东\n街", "东\t街", "东\r\n街", "东\u2028街"])
    def test_a_name_has_one_line(self, broken: str) -> None:
        with pytest.raises(ValueError, match="control characters"):
            clean_text(broken, NAME)

    def test_a_long_text_has_many(self) -> None:
        assert clean_text("一、\r\n\t二、\n", TEXT) == "一、\n\t二、"

    @pytest.mark.parametrize(
        "nothing",
        ["", "  ", "\u200b", "\u200b\u200d\ufeff", "\u2060 \u00ad", "\u3164", "\u2800", "\ufe0f"],
    )
    def test_what_shows_as_nothing_is_empty(self, nothing: str) -> None:
        with pytest.raises(ValueError, match="not 0"):
            clean_text(nothing, NAME)
        assert clean_text(nothing, Length(0, 80)) == ""

    def test_the_lengths_are_kept(self) -> None:
        with pytest.raises(ValueError, match="not 81"):
            clean_text("x" * 81, NAME)
