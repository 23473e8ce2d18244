"""What the commands on matters say of their arguments, each once."""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from services.arguments import Length, Of

MatterId: TypeAlias = Annotated[UUID, Of("Matter"), "事项。 The matter."]
Said: TypeAlias = Annotated[str, Length(1, 4000), "说了什么、怎么办的。 What was said or done."]
Words: TypeAlias = Annotated[str | None, Length(1, 4000), "补充说明。 Anything to add."]
Title: TypeAlias = Annotated[str, Length(1, 80), "一句话说明。 The matter in a sentence."]
Story: TypeAlias = Annotated[
    str, Length(1, 4000), "事情的经过和诉求。 What happened, what is asked."
]
Detail: TypeAlias = Annotated[
    str | None, Length(1, 200), "具体位置，不公开。 Where exactly; never shown in public."
]
Files: TypeAlias = Annotated[
    list[UUID] | None, Of("File"), "照片、文件，先上传。 Photos and documents, uploaded before."
]
DueOn: TypeAlias = Annotated[date, "办结期限（当天结束前）。 By the end of which day."]
