"""What a county decides about votes of owners: a section of the pack, each rule with its source.

What the Civil Code itself says (article 278: quorum, majorities, which items are special) is in the
tally and nobody's to set. A vote keeps the edition under which its draft was last written.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from services import packs
from services.errors import Said
from services.property_units import PropertyUse
from services.votes.tally import Disagreement, Rules, Silence


class Headcount(StrEnum):
    """How heads are counted: one holder of several units once, or each unit by itself."""

    by_holder = "by_holder"
    by_unit = "by_unit"


class Secrecy(StrEnum):
    """Whether the evidence says which unit said what (记名), or not (不记名)."""

    open = "open"
    secret = "secret"  # noqa: S105 - no password


LAW = "《民法典》第二百七十八条"
READING = (
    "最高法《关于审理建筑物区分所有权纠纷案件适用法律若干问题的解释》"
    "（法释〔2009〕7 号，法释〔2020〕17 号修正）"
)
REGULATION = "《物业管理条例》"
GUIDE = "《业主大会和业主委员会指导规则》（建房〔2009〕274 号）"
UNSAID = "法律未作规定，从产品默认"
SOURCES = {
    "headcount": f"{READING}第九条",
    "uses": f"{READING}第八条",
    "notice_days": f"{REGULATION}第十四条",
    "shortest_days": UNSAID,
    "longest_days": UNSAID,
    "extensions": UNSAID,
    "extension_days": UNSAID,
    "disagreement": f"{LAW}：共有人共有一票",
    "silence": f"{GUIDE}第二十六条",
    "electronic": f"{REGULATION}第十二条",
    "electronic_share": UNSAID,
    "most_by_proxy": f"{GUIDE}第二十六条",
    "secrecy": "小区的业主大会议事规则",
    "objection_days": UNSAID,
}
USES = (PropertyUse.dwelling, PropertyUse.shop, PropertyUse.office, PropertyUse.other)
Days = Annotated[int, Field(ge=0, le=365)]


@packs.section("votes", "业主表决", "Votes of owners")
class VoteRules(packs.Section):
    """How owners of this county vote, within the law.

    Days are days of the calendar. `uses` are those of the units that count; `electronic_share` is
    the part of the heads, in hundredths, that must be able to sign in before ballots are taken
    electronically. `silence` is the most that an estate's own rules may make of it. A rule that is
    set otherwise than the product has it needs its source in `sources`.
    """

    headcount: Annotated[Headcount, Said("人数的计算", "How heads are counted")] = (
        Headcount.by_holder
    )
    uses: Annotated[
        tuple[PropertyUse, ...], Field(min_length=1), Said("计入的用途", "Uses that count")
    ] = USES
    notice_days: Annotated[Days, Said("公告天数", "Days of notice")] = 15
    shortest_days: Annotated[
        int, Field(ge=1, le=365), Said("投票最短天数", "Fewest days of voting")
    ] = 1
    longest_days: Annotated[
        int, Field(ge=1, le=365), Said("投票最长天数", "Most days of voting")
    ] = 60
    extensions: Annotated[int, Field(ge=0, le=10), Said("延长次数", "Extensions at most")] = 1
    extension_days: Annotated[Days, Said("每次延长天数", "Days of an extension at most")] = 30
    disagreement: Annotated[Disagreement, Said("共有人意见不一", "Where co-owners disagree")] = (
        Disagreement.abstains
    )
    silence: Annotated[Silence, Said("送达未表态", "Where a delivered ballot isn't returned")] = (
        Silence.is_nothing
    )
    electronic: Annotated[
        bool, Said("可以电子投票", "Whether ballots are taken electronically")
    ] = True
    electronic_share: Annotated[
        int, Field(ge=0, le=100),
        Said("电子投票须有多少业主可登录（%）", "Heads that can sign in, in hundredths"),
    ] = 0  # fmt: skip
    most_by_proxy: Annotated[
        int | None, Field(ge=1, le=1000), Said("一人最多受托人数", "Heads that a proxy speaks for")
    ] = None
    secrecy: Annotated[Secrecy, Said("记名或不记名", "Open or secret")] = Secrecy.open
    objection_days: Annotated[Days, Said("异议期天数", "Days for objections")] = 7
    sources: Annotated[
        dict[str, Annotated[str, Field(min_length=4, max_length=300)]],
        Said("各项规则的依据", "The source of each rule"),
    ] = SOURCES

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems = packs.unsourced(self, SOURCES)
        if self.shortest_days > self.longest_days:
            said = Said("不能多于最长天数", "no more than longest_days")
            problems.append(("shortest_days", said))
        if problems:
            raise packs.Wrong(*problems)
        object.__setattr__(self, "sources", SOURCES | self.sources)
        return self

    def counting(self, clause: str | None) -> Rules:
        """The rules of a count; silence counts only where the estate's own clause is cited."""
        return Rules(
            disagreement=self.disagreement,
            silence=self.silence if clause else Silence.is_nothing,
            clause=clause,
            most_by_proxy=self.most_by_proxy,
        )
