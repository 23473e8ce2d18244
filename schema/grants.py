"""Role grants (角色授权): who may do something now, and why somebody may or may not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import strawberry

from policies import Actor
from schema.appointments import Appointment
from schema.commands import question
from schema.nodes import spoken
from schema.packs import Pack
from schema.people import Person
from schema.reading.declare import About, column, items, link
from schema.units import Unit
from services import grants
from services.grants.asking import LineSource

strawberry.enum(LineSource, name="LineSource", description="条目由谁写。 Who wrote a line.")


@strawberry.type(description="给出权限的一条。 A policy line that gives the permission.")
class Ground:
    """A policy line that gives the permission, and whether it reaches what was asked about."""

    role: str = column("role", "所任角色；公众是 public。 The role held; public is everybody's.")
    line_role: str = column("line_role", "条目写给哪个角色。 The role that the line is written to.")
    scope: str = column("scope", "范围：county、unit、own、public。 How far it goes.")
    source: LineSource = column("source", "产品规定还是本县增加。 The product's or the county's.")
    reaches: bool = column("reaches", "够不够得到这一个。 Whether it reaches this object.")
    appointment: Appointment | None = link("appointment_id", "任职。 The appointment.")
    unit: Unit | None = link("unit_id", "任职单元。 The unit of the post.")


@strawberry.type(description="为什么可以或不可以。 Why somebody may, or may not.")
class Why:
    """Whether somebody may do something by the policies: the line, the appointment, the pack."""

    is_allowed: bool = column("is_allowed", "权限上可不可以。 Whether the policies allow it.")
    sentence: str = spoken("said", "一句话说明。 In a sentence.")
    pack: Pack | None = link(
        "pack_id", "按哪一版配置包。 By which edition of the pack.", lenient=True
    )
    edition: int = column("edition", "配置包第几版。 The edition's number.")
    grounds: list[Ground] = items("grounds", "有关的条目与任职。 The lines and appointments.")
    granted_to: list[str] = column("granted_to", "哪些角色有这项权限。 Which roles have it.")


@strawberry.type(description="可以做的人。 Somebody who may.")
class Holder:
    """Somebody who may, and by which appointment and line."""

    person: Person | None = link("person_id", "人员。 The person.", lenient=True)
    appointment: Appointment | None = link("appointment_id", "任职。 The appointment.")
    unit: Unit | None = link("unit_id", "任职单元。 The unit of the post.")
    role: str = column("role", "角色。 The role held.")
    line_role: str = column("line_role", "条目写给哪个角色。 The role that the line is written to.")
    scope: str = column("scope", "范围。 How far it goes.")
    source: LineSource = column("source", "产品规定还是本县增加。 The product's or the county's.")


@strawberry.type(description="谁可以做。 Who may do something.")
class WhoCan:
    """Who may do something now, by the policies."""

    pack: Pack | None = link(
        "pack_id", "按哪一版配置包。 By which edition of the pack.", lenient=True
    )
    edition: int = column("edition", "配置包第几版。 The edition's number.")
    own: bool = column("own", "人人可对本人的做。 Whether anybody may with what is their own.")
    public: bool = column("public", "对公众开放。 Whether it is open to the public.")
    is_cut: bool = column("is_cut", "人太多，只列一部分。 Whether there are more than are listed.")
    holders: list[Holder] = items("holders", "凭任职可以做的人。 Who may by a post.")


def _about_all(_: Actor, given: Mapping[str, Any]) -> About | None:
    object_ = given.get("object")
    return None if object_ is None else About("object", *object_)


def _about_one(by: Actor, given: Mapping[str, Any]) -> About | None:
    """Of oneself one may ask about what one doesn't see: that is what one wants to know."""
    about = _about_all(by, given)
    is_oneself = given.get("person") in (None, by.person_id)
    return replace(about, is_quiet=is_oneself) if about else None


@strawberry.type
class Queries:
    """What can be asked about grants."""

    who_can: WhoCan = question(
        grants.who_can,
        "谁现在可以做；只看权限，不看办到哪一步。 Who may do this, by the policies alone.",
        about=_about_all,
    )
    why: Why = question(
        grants.why,
        "为什么可以或不可以；只看权限，不看办到哪一步。 Why somebody may, or may not.",
        about=_about_one,
    )
