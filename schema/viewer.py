"""Viewer (当前用户): who I am, in which posts, and what I may do."""

from collections.abc import Mapping

import strawberry

import policies
from policies import Reach
from schema.nodes import Node
from schema.people import Person
from schema.reading.call import Call
from schema.reading.declare import ByNode, argument, column, given, here, link, records, source
from schema.tenants import Tenant


@strawberry.type(description="角色：名称与用途。 A role: its names and what it is for.")
class Role:
    """A role."""

    name: str = column("name", "代号。 Its name.")
    zh: str = column("zh", "中文名。 In Chinese.")
    en: str = column("en", "英文名。 In English.")
    purpose_zh: str = column("purpose_zh", "用途，中文。 What it is for, in Chinese.")
    purpose_en: str = column("purpose_en", "用途，英文。 What it is for, in English.")


@strawberry.type(description="一项权限。 One permission.")
class Permission:
    """What may be done to what, and how far that reaches."""

    object: str = column("object", "对象。 To what.")
    action: str = column("action", "操作。 What may be done.")
    scope: str = column("scope", "范围：county、unit、own、public。 How far.")


@strawberry.type(description="现在持有的职务。 A post held at this moment.")
class HeldPost:
    """A post that the viewer holds at this moment."""

    role: str = column("role", "角色代号。 The role's name.")
    appointment_id: strawberry.ID = column("appointment", "任职编号。 The appointment's id.")
    unit_id: strawberry.ID = column("unit", "单元编号。 The unit's id.")


def _roles(call: Call) -> list[Mapping[str, str]]:
    known = call.actor.policy.roles
    return [_role(known[name]) for name in call.actor.roles if name in known]


def _every_role(call: Call) -> list[Mapping[str, str]]:
    return [_role(role) for role in call.actor.policy.roles.values()]


def _role(role: policies.Role) -> Mapping[str, str]:
    return {key: getattr(role, key) for key in ROLE}


def _posts(call: Call) -> list[Mapping[str, str]]:
    return [
        {
            "role": post.role,
            "appointment": f"Appointment:{post.appointment_id}",
            "unit": f"Unit:{post.unit_id}",
        }
        for post in call.actor.posts
    ]


def _may(call: Call) -> list[Mapping[str, str]]:
    return [
        {"object": object_, "action": action, "scope": _widest(reach)}
        for (object_, action), reach in call.actor.permissions.items()
    ]


def _widest(reach: Reach) -> str:
    held = {
        "county": reach.county, "office": reach.office, "unit": bool(reach.units),
        "own": reach.own, "public": True,
    }  # fmt: skip
    return next(scope for scope, is_held in held.items() if is_held)


ROLE = ("name", "zh", "en", "purpose_zh", "purpose_en")


@strawberry.type(description="当前用户。 Who is asking.")
class Viewer:
    """Who is asking."""

    is_signed_in: bool = given(
        lambda call: bool(call.actor.person_id or call.actor.client_id),
        "是否已登录。 Whether signed in.",
    )
    person: Person | None = link(
        lambda call: call.actor.person_id, "人员。 The person.", lenient=True
    )
    county: Tenant | None = link(
        lambda call: call.actor.tenant_id, "县。 The county.", lenient=True
    )
    posts: list[HeldPost] = records(
        _posts, ("role", "appointment", "unit"), "现在的职务。 Posts held now."
    )
    roles: list[Role] = records(_roles, ROLE, "现在的角色。 Roles held now.")
    may: list[Permission] = records(
        _may, ("object", "action", "scope"), "可以做什么。 What the viewer may do."
    )


@strawberry.type
class Queries:
    """Who asks, and anything by its global id."""

    viewer: Viewer = here("当前用户。 Who is asking.")
    roles: list[Role] = records(
        _every_role, ROLE, "全部角色，含本县自设的。 Every role, the county's own too."
    )
    node: Node | None = source(
        ByNode(),
        "按全局编号取对象；没有或无权看时为空。 By global id; null if there is none for you.",
        argument("id", strawberry.ID, "全局编号。 The global id."),
    )
