"""What a county decides about recovering fees: a section of the pack, each rule's source named.

That nothing is cut off, and which rungs there are, is the law's (Civil Code, article 944).
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from services import packs
from services.demands.tables import Rung
from services.errors import Said

LAW = "《民法典》第九百四十四条"
REGULATION = "《物业管理条例》"
UNSAID = "法律未作规定，从产品默认"
SOURCES = {
    "reminder_days": f"{REGULATION}第六十四条督促其限期交纳，天数{UNSAID}",
    "demand_days": f"{LAW}：逾期不支付的可以催告，天数{UNSAID}",
    "mediation_days": f"{LAW}：在合理期限内支付，天数{UNSAID}",
    "litigation_days": f"{LAW}：合理期限届满仍不支付的可以提起诉讼或者申请仲裁，天数{UNSAID}",
}
Days = Annotated[int, Field(ge=1, le=365)]


@packs.section("fees", "物业费催缴", "Recovery of fees")
class FeeRules(packs.Section):
    """How long each rung waits after the one before; the reminder after the day it was due.

    Days are days of the calendar. The same rung is taken again after as many. A rule that is set
    otherwise than the product has it needs its source.
    """

    reminder_days: Annotated[Days, Said("逾期几天后提醒", "Days until a reminder")] = 7
    demand_days: Annotated[Days, Said("提醒几天后书面催告", "Days until a demand")] = 15
    mediation_days: Annotated[Days, Said("催告几天后调解", "Days until a mediation")] = 30
    litigation_days: Annotated[Days, Said("调解几天后诉讼或仲裁", "Days until a case")] = 30
    sources: Annotated[
        dict[str, Annotated[str, Field(min_length=4, max_length=300)]],
        Said("各项规则的依据", "The source of each rule"),
    ] = SOURCES

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems = packs.unsourced(self, SOURCES)
        if problems:
            raise packs.Wrong(*problems)
        object.__setattr__(self, "sources", SOURCES | self.sources)
        return self

    def waits(self, rung: Rung) -> int:
        """How many days a rung waits."""
        days: int = getattr(self, f"{rung.value}_days")
        return days
