"""The matrix (权限表): every role, object and action, and how far each goes, as a table to read.

It is committed; a change of policy shows there as a changed line and is reviewed as one.
"""

from collections.abc import Iterable

from policies import Permission, Role, beyond, grants, permissions, roles

EVERY_COUNTY = "*"
NOTHING = "."
HEADER = """\
# 谁可以做什么：行是角色，列是操作，格内是范围；由 `make matrix` 写成，不手工修改。
# Who may do what: roles down, actions across, how far in the cell; written by `make matrix`.
# county 全县 · office 行政管理 the administration's own · unit 任职单元及下级 post's unit and below
# own 本人 · public 公开 · . 不可 nothing
"""


def policies_matrix() -> str:
    """The whole matrix, one section an object."""
    objects = sorted({object_ for object_, _ in permissions()})
    return "\n".join(
        [HEADER, *(_section(object_) for object_ in objects), _appointers(), _ceiling()]
    )


def _section(object_: str) -> str:
    actions = [action for found, action in permissions() if found == object_]
    rows = [["role", *actions], *([name, *_cells(name, object_, actions)] for name in roles())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    names = ["角色 Role", *(_both(role) for role in roles().values())]
    lines = [f"{_aligned(row, widths)}  {name}" for row, name in zip(rows, names, strict=True)]
    return "\n".join([f"[{object_}]", *lines, ""])


def _appointers() -> str:
    """The roles that only some may appoint to."""
    kept = [[role.name, role.appointers] for role in roles().values() if role.appointers]
    widths = [max(len(row[column]) for row in kept) for column in range(2)]
    lines = [_aligned(row, widths).rstrip() for row in kept]
    return "\n".join(["[谁可以任命 appointed only by]", *lines, ""])


def _ceiling() -> str:
    """How widely a county may give each action to a role of a group, and who is in the group."""
    groups = list(dict.fromkeys(role.peers for role in roles().values() if role.peers))
    rows = [["action", *groups]]
    for object_, action in permissions():
        scopes = [beyond(group).get((object_, action), frozenset()) for group in groups]
        rows.append([f"{object_}.{action}", *("+".join(sorted(one)) or NOTHING for one in scopes)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_aligned(row, widths).rstrip() for row in rows]
    peers = [
        f"{group}: {' '.join(role.name for role in roles().values() if role.peers == group)}"
        for group in groups
    ]
    return "\n".join(["[县里最多可以给 a county gives at most]", *peers, *lines, ""])


def _cells(role: str, object_: str, actions: Iterable[str]) -> list[str]:
    return [_scopes(role, (object_, action)) for action in actions]


def _scopes(role: str, permission: Permission) -> str:
    found = grants(EVERY_COUNTY)[role].get(permission, frozenset())
    return "+".join(sorted(found)) or NOTHING


def _both(role: Role) -> str:
    return f"{role.zh} {role.en}"


def _aligned(row: Iterable[str], widths: Iterable[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
