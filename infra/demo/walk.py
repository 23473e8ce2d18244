"""The walk (走一遍): a matter carried through its six steps over HTTP, by the persons it takes.

Each step is a document that a front end would send, as somebody signed in with a password, and what
the answer must say. It is printed as it goes; the first answer that isn't as it should be ends it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from infra.speech import say

Answer = Mapping[str, Any]
Known = dict[str, Any]
SECONDS = 20


class WalkEnded(Exception):
    """An answer wasn't as it should be."""


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody sends, and what has to come of it.

    `variables` are made of what is known so far; `keep` takes from the answer what later steps
    need; `holds` says whether the answer is as it should be. `refused` is the code of a step that
    must be refused.
    """

    zh: str
    en: str
    who: str | None
    document: str
    variables: Callable[[Known], Answer] = lambda known: {}
    keep: Callable[[Answer], Answer] = lambda data: {}
    holds: Callable[[Answer, Known], bool] = lambda data, known: True
    refused: str | None = None


@dataclass
class Walk:
    """A walk through a running service: who has signed in, and what is known so far."""

    url: str
    tenant: str
    password: str
    out: Callable[[str], None]
    tokens: dict[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.http = httpx.Client(timeout=SECONDS, trust_env=False)

    def go(self, steps: list[Step]) -> None:
        """Take every step in its order."""
        for step in steps:
            self.take(step)

    def take(self, step: Step) -> None:
        """Send a step's document, print both, and see that the answer is as it should be."""
        variables = dict(step.variables(self.known))
        self.say(step.zh, step.en, step.who)
        self.out(step.document)
        if variables:
            self.out(json.dumps(variables, ensure_ascii=False, default=str))
        answer = self.ask(step.who, step.document, variables)
        self.out(json.dumps(answer, ensure_ascii=False, indent=2))
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        wanted = [step.refused] if step.refused else []
        self.expect(codes == wanted, f"{codes or 'ok'} != {wanted or 'ok'}")
        if not wanted:
            self._keep(step, answer["data"])
        self.out("✓")

    def _keep(self, step: Step, data: Answer) -> None:
        try:
            self.known |= step.keep(data)
            holds = step.holds(data, self.known)
        except (LookupError, TypeError, ValueError):
            holds = False
        self.expect(holds, say("答复不符", "the answer is another"))

    def ask(self, who: str | None, document: str, variables: Answer) -> Any:
        """One document as somebody, or as the public."""
        headers = {"accept-language": say("zh", "en")}
        if who is not None:
            headers["authorization"] = f"Bearer {self.token(who)}"
        body = json.loads(json.dumps({"query": document, "variables": variables}, default=str))
        sent = self._send("POST", f"{self.url}/graphql/{self.tenant}", json=body, headers=headers)
        return self._read(sent)

    def token(self, who: str) -> str:
        """Sign in with the account of a role; once for the whole walk."""
        if who not in self.tokens:
            given = {"grant_type": "password", "tenant": self.tenant, "username": who}
            sent = self._send("POST", f"{self.url}/token", data=given | {"password": self.password})
            self.expect(sent.status_code == httpx.codes.OK, f"/token: {who}: {sent.text[:200]}")
            self.tokens[who] = self._read(sent)["access_token"]
        return self.tokens[who]

    def upload(self, address: str, body: bytes) -> None:
        """Send a file's bytes to the address that was given for them, wherever one walks."""
        self.say("上传照片", "Upload the photo", None)
        self.out(f"PUT {address.split('?')[0][:60]}… ({len(body)} bytes)")
        sent = self._send("PUT", urljoin(self.url, urlsplit(address).path), content=body)
        self.out(f"{sent.status_code} {sent.text[:200]}")
        self.expect(sent.is_success, f"{sent.status_code}")
        self.out("✓")

    def _send(self, method: str, address: str, **more: Any) -> httpx.Response:
        """One request; where nothing answers, the walk says so and ends."""
        try:
            return self.http.request(method, address, **more)
        except httpx.HTTPError as error:
            silent = say(
                f"{self.url} 没有应答，请先运行 sanfang demo",
                f"nothing answers at {self.url}: run sanfang demo first",
            )
            raise self._ended(f"{silent} ({type(error).__name__})") from error

    def _read(self, sent: httpx.Response) -> Any:
        """An answer's JSON; another kind of server has none."""
        try:
            return sent.json()
        except ValueError as error:
            foreign = say(f"{self.url} 不是三方服务", f"{self.url} isn't this service")
            raise self._ended(f"{foreign}: {sent.text[:200]}") from error

    def say(self, zh: str, en: str, who: str | None) -> None:
        """The heading of a step."""
        self.number += 1
        self.out(f"\n── {self.number}. {say(zh, en)}　[{who or say('公众', 'the public')}]")

    def expect(self, holds: bool, what: str) -> None:
        """End the walk where something isn't as it should be."""
        if not holds:
            raise self._ended(what)

    def _ended(self, what: str) -> WalkEnded:
        return WalkEnded(f"{say(f'第 {self.number} 步', f'step {self.number}')}: {what}")
