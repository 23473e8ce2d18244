"""Random operations by Schemathesis: the values of the service's own kinds, and what it must hold.

Loaded by `st run` as its hooks. An argument that wants a unit, a person, a post … mostly gets one
that is there, so that commands come to be carried out and not only refused.
"""

import json
import os
from collections import defaultdict
from datetime import date, datetime
from typing import Any
from urllib.request import Request, urlopen
from zlib import crc32

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

KINDS = {
    "person": "Person", "post": "Post", "appointment": "Appointment", "linkage": "Linkage",
    "duty": "Duty", "station": "Station", "account": "Account", "client": "Client",
    "issuer": "Issuer", "link": "SubjectLink", "document": "TrustedDocument", "tenant": "Tenant",
}  # fmt: skip
UNITS = {"unit", "parent", "home", "grid", "estate", "branch", "committee", "firm", "member"}
LISTS = ("units", "people", "posts", "appointments", "linkages", "duties", "stations", "accounts")
# With these most lists and commands are refused before anything is looked at.
SELDOM = {"last", "before", "after", "expectedVersion", "commandId"}
WORD = graphql.StringValueNode(value="试验")
# Of every so many values one is left as it came: no id, no text, one page too many.
LEFT_ALONE = 6
DAYS = (date(2020, 1, 1), date(2027, 1, 1))
MOMENTS = (datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001


def known() -> dict[str, list[str]]:
    """The ids that whoever asks can see, by the name of their type."""
    pages = " ".join(f"{name}(first: 50) {{ nodes {{ id }} }}" for name in LISTS)
    request = Request(  # noqa: S310
        f"{os.environ['SANFANG_URL']}/graphql",
        json.dumps({"query": f"{{ {pages} }}"}).encode(),
        {
            "content-type": "application/json",
            "authorization": f"Bearer {os.environ['SANFANG_TOKEN']}",
        },
    )
    with urlopen(request) as answer:  # noqa: S310
        data = json.load(answer)["data"]
    found: dict[str, list[str]] = defaultdict(list)
    for connection in data.values():
        for node in connection["nodes"]:
            found[node["id"].partition(":")[0]].append(node["id"])
    return found


IDS = known()
EVERY = [one for ids in IDS.values() for one in ids]


class Fitted(graphql.Visitor):
    """Gives arguments what they are named after; the same document is given the same."""

    def __init__(self, document: graphql.DocumentNode) -> None:
        super().__init__()
        self.seed = graphql.print_ast(document)

    def enter_argument(self, node: Any, *_: Any) -> Any:
        """An argument of a field."""
        name, value = node.name.value, node.value
        drawn = crc32(f"{self.seed}{name}".encode("utf-8", "surrogatepass"))
        if drawn % LEFT_ALONE == 0:
            return None
        if name in SELDOM:
            return graphql.REMOVE
        fitting = _fitting(name, value, drawn)
        return type(node)(name=node.name, value=fitting) if fitting else None


def _fitting(name: str, value: Any, drawn: int) -> graphql.StringValueNode | None:
    kind = "Unit" if name in UNITS else KINDS.get(name, "")
    ids = EVERY if name == "id" else IDS.get(kind, [])
    if ids and isinstance(value, graphql.StringValueNode | graphql.IntValueNode):
        return graphql.StringValueNode(value=ids[drawn % len(ids)])
    is_empty = isinstance(value, graphql.StringValueNode) and not value.value
    return WORD if is_empty else None


def _written(values: st.SearchStrategy[Any]) -> st.SearchStrategy[graphql.ValueNode]:
    """Such values as the service writes them, and any text now and then."""
    texts = values.map(lambda value: value.isoformat())
    return st.one_of(texts, texts, texts, st.text()).map(nodes.String)


schemathesis.graphql.scalar("Date", _written(st.dates(*DAYS)))
schemathesis.graphql.scalar("DateTime", _written(st.datetimes(*MOMENTS, timezones=st.timezones())))
schemathesis.graphql.scalar(
    "JSON", st.one_of(st.text().map(nodes.String), st.integers().map(nodes.Int))
)


def map_body(context: Any, body: Any) -> Any:
    """Each document on its way to the service."""
    return graphql.visit(body, Fitted(body))


def nothing_fails_inside(context: Any, response: Any, case: Any) -> None:
    """Whatever is asked, the answer is one of the service's own: data, or a refusal by its code."""
    assert response.status_code < 500, f"{response.status_code}: {response.text}"
    for error in response.json().get("errors", ()):
        assert error["extensions"]["code"] != "INTERNAL", response.text


schemathesis.hook(map_body)
schemathesis.check(nothing_fails_inside)
