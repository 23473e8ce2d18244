"""County packs (县域配置包): the editions, and what is proposed in place of the active one."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from schema.commands import command, question
from schema.nodes import Node, spoken, worded
from schema.people import Person
from schema.reading.declare import column, connection, given, items, link, reads
from schema.reading.pages import Connection
from schema.scopes import among, is_current
from services import packs as service
from services.packs import json_schema
from services.packs.comparing import ChangeKind
from services.packs.tables import STATES, ProposalState
from services.packs.tables import Pack as Table
from services.packs.tables import PackProposal as Proposed

if TYPE_CHECKING:
    from schema.appointments import Appointment

strawberry.enum(ProposalState, name="PackProposalState", description="配置草案的状态。 Its state.")
strawberry.enum(ChangeKind, name="PackChangeKind", description="怎样改变。 How a path changes.")
AppointmentLink = Annotated["Appointment", strawberry.lazy("schema.appointments")]


@strawberry.enum(description="配置包按什么排序。 By what packs are ordered.")
class PackOrder(Enum):
    """By what packs are ordered."""

    EDITION = "edition"


@strawberry.enum(description="配置草案按什么排序。 By what proposals are ordered.")
class PackProposalOrder(Enum):
    """By what proposals are ordered."""

    MADE_AT = "made_at"


@strawberry.input(description="只要这样的配置包。 Only such packs.")
class PackFilter:
    """Only such packs."""

    active: bool | None = is_current(Table.until, "是否现行。 Whether it is the active one.")


@strawberry.input(description="只要这样的配置草案。 Only such proposals.")
class PackProposalFilter:
    """Only such proposals."""

    states: list[ProposalState] | None = among(Proposed.state, "在这些状态。 In these states.")


@strawberry.type(description="县域配置包的一个版本。 One edition of the county's pack.")
@reads(Table, "packs")
class Pack(Node):
    """One edition of the county's pack."""

    edition: int = column(Table.edition, "第几版。 The edition's number.")
    document: JSON = column(Table.document, "整份内容。 The whole document.")
    since: datetime = column(Table.since, "启用时刻。 From this moment on.")
    until: datetime | None = column(Table.until, "停用时刻。 Until this moment.")
    version: int = column(Table.version, "版本。 Its version.")
    restores: Annotated["Pack", strawberry.lazy("schema.packs")] | None = link(
        Table.restores_id, "恢复的是哪一版。 The edition whose content it took again."
    )


@strawberry.type(description="配置草案：提出、由别人批准、启用。 A pack that is proposed.")
@reads(Proposed, "packs")
class PackProposal(Node):
    """What somebody would have the pack be."""

    state: ProposalState = column(Proposed.state, "状态。 Its state.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    document: JSON = column(Proposed.document, "整份内容。 The whole document.")
    reason: str = column(Proposed.reason, "提出的理由。 Why it is proposed.")
    base: Pack | None = link(Proposed.base_id, "要替换的版本。 The edition it would replace.")
    pack: Pack | None = link(Proposed.pack_id, "启用后的版本。 The edition that it became.")
    proposed_at: datetime = column(Proposed.made_at, "提出时刻。 When it was proposed.")
    proposed_by: Person | None = link(Proposed.made_by, "谁提出。 Who proposed it.")
    approved_by: Person | None = link(Proposed.approved_by, "谁批准。 Who approved it.")
    approved_as: AppointmentLink | None = link(
        Proposed.approved_as, "以哪个任职批准。 In which appointment it was approved."
    )
    activates_at: datetime | None = column(Proposed.activates_at, "定于何时启用。 When it starts.")
    ended_why: str | None = column(
        Proposed.ended_why, "未获批准、撤回或失效的原因。 Why it was refused, withdrawn or lapsed."
    )
    version: int = column(Proposed.version, "版本。 Its version.")


@strawberry.type(description="配置包里的一处错误。 What is wrong at one path.")
class PackProblem:
    """What is wrong at one path of a document."""

    path: str = column("path", "在哪里，如 matters.days.raised。 Where.")
    message: str = spoken("said", "怎么错了。 What is wrong.")


@strawberry.type(description="检查结果。 Whether a pack can be adopted.")
class PackCheck:
    """Whether a document can be adopted, and every problem that it has."""

    is_valid: bool = column("is_valid", "能否采用。 Whether it can be adopted.")
    problems: list[PackProblem] = items("problems", "全部错误。 Every problem.")


@strawberry.type(description="一处改变。 One path that differs.")
class PackChange:
    """One path of the document that differs."""

    path: str = column("path", "在哪里。 Where.")
    kind: ChangeKind = column("kind", "怎样改变。 How.")
    before: JSON | None = column("before", "原来的值。 What stands there.")
    after: JSON | None = column("after", "改后的值。 What would stand there.")
    sentence: str = spoken("said", "一句话说明。 The same as a sentence.")


@strawberry.type(description="改变涉及的对象。 What of the county a change touches.")
class PackTouch:
    """What of the county a change touches, and how many."""

    what: str = spoken("what", "什么。 What.")
    number: int = column("number", "多少。 How many.")
    keeps: bool = column(
        "keeps", "在办的仍按原版本办完。 Whether what is under way goes on by the old edition."
    )


@strawberry.type(description="与现行版本的比对。 What a pack would change.")
class PackComparison:
    """What a document changes of the edition that it would replace."""

    base: Pack | None = link("base_id", "与哪一版比对。 The edition it is compared with.")
    is_valid: bool = column("is_valid", "能否采用。 Whether it can be adopted.")
    problems: list[PackProblem] = items("problems", "全部错误。 Every problem.")
    changes: list[PackChange] = items("changes", "全部改变。 Every path that differs.")
    touches: list[PackTouch] = items("touches", "涉及多少对象。 What it touches.")
    needs_security: bool = column(
        "needs_security",
        "改动了角色授权，须由安全管理员批准。 Whether the security administrator must approve it.",
    )


@strawberry.type
class Queries:
    """What can be asked about packs."""

    packs: Connection[Pack] = connection(None, PackOrder, "配置包。 Packs.", PackFilter)
    pack_proposals: Connection[PackProposal] = connection(
        None, PackProposalOrder, "配置草案。 What was proposed.", PackProposalFilter
    )
    pack_schema: JSON = given(
        lambda _: json_schema(),
        "配置包的 JSON Schema，供编辑器使用。 Its JSON Schema, for editors.",
    )
    check_pack: PackCheck = question(
        service.check, "检查一份配置包，不作改动。 Check a pack; nothing is changed."
    )
    compare_pack: PackComparison = question(
        service.compare, "与现行版本比对，看改什么、涉及多少。 What a pack would change and touch."
    )


@strawberry.type
class Mutations:
    """The commands of packs."""

    propose_pack: PackProposal | None = command(
        service.propose, "提出一份配置草案，整份检查。 Propose a pack; it is checked as a whole."
    )
    withdraw_pack: PackProposal | None = command(
        service.withdraw, "撤回配置草案。 Withdraw a proposal that isn't in force."
    )
    refuse_pack: PackProposal | None = command(
        service.refuse, "不批准配置草案。 Refuse a proposal."
    )
    approve_pack: PackProposal | None = command(
        service.approve, "批准别人提出的配置草案。 Approve what another person proposed."
    )
    activate_pack: PackProposal | None = command(
        service.activate, "启用批准了的草案，立即或到时。 Activate what was approved, now or later."
    )
    revert_pack: Pack | None = command(
        service.revert, "立即恢复到现行版本之前的内容。 Go back at once to what stood before."
    )
