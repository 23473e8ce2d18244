"""What a county decides about owners' committees: a section of the pack, each rule's source named.

That an office-holder owns a unit of the estate is the law's, and nobody's to set.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from services import packs
from services.errors import Said

GUIDE = "《业主大会和业主委员会指导规则》（建房〔2009〕274 号）"
REGULATION = "《物业管理条例》"
UNSAID = "法律未作规定，从产品默认"
SOURCES = {
    "seats_least": f"{GUIDE}第三十一条",
    "seats_most": f"{GUIDE}第三十一条",
    "longest_years": f"{GUIDE}第三十二条",
    "filing_days": f"{REGULATION}第十六条",
    "warn_days": "各地规定多为届满前三个月，从产品默认",
    "debtors_barred": UNSAID,
}
Days = Annotated[int, Field(ge=1, le=365)]


@packs.section("committees", "业主委员会", "Owners' committees")
class CommitteeRules(packs.Section):
    """How large a committee is, how long it serves, and when somebody is told of its end.

    `warn_days` are days of the calendar before the end of a term; `debtors_barred`: who owes fees
    doesn't stand. A rule that is set otherwise than the product has it needs its source.
    """

    seats_least: Annotated[int, Field(ge=3, le=51), Said("最少席位", "Fewest seats")] = 5
    seats_most: Annotated[int, Field(ge=3, le=51), Said("最多席位", "Most seats")] = 11
    longest_years: Annotated[int, Field(ge=1, le=10), Said("最长任期（年）", "Longest term")] = 5
    filing_days: Annotated[Days, Said("备案期限（天）", "Days to file within")] = 30
    warn_days: Annotated[
        tuple[Days, ...], Field(min_length=1), Said("任期届满前几天提醒", "Days ahead of the end")
    ] = (90, 30)
    debtors_barred: Annotated[
        bool, Said("欠费者不得为候选人", "Whether who owes fees can't stand")
    ] = False
    sources: Annotated[
        dict[str, Annotated[str, Field(min_length=4, max_length=300)]],
        Said("各项规则的依据", "The source of each rule"),
    ] = SOURCES

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems = packs.unsourced(self, SOURCES)
        if self.seats_least > self.seats_most:
            problems.append(("seats_least", Said("不能多于最多席位", "no more than seats_most")))
        if problems:
            raise packs.Wrong(*problems)
        object.__setattr__(self, "sources", SOURCES | self.sources)
        return self
