"""Signing in over HTTP (RFC 6749, 7009, 7517): /token, /sign-out and each county's public keys.

An unknown county, an unknown account and a wrong password get the same answer after the same time:
the same work is done for each, and no refusal leaves early.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra import cors, requests
from infra.auth import Authenticator
from infra.database import Database
from infra.settings import Settings
from policies import Actor
from schema.errors import describe, language_of, refusal
from services import authority, clients, passwords, sessions, signing
from services.clients import Client
from services.errors import MalformedRequest, Refused, Said, SignInRefused, TenantUnknown
from services.events import ORIGIN, record, state_of
from services.sessions import SignedIn
from services.signing import Bearer
from services.texts import is_storable

MOST_BYTES = 65_536
AT_ONCE = 4
REFUSAL_SECONDS = 0.25
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


class GrantUnsupported(Refused, status=400):
    """grant_type 只能是 password、refresh_token 或 client_credentials。
    grant_type is one of password, refresh_token and client_credentials.
    """


class ClientRefused(Refused, status=401):
    """前端的编号或密钥不正确，或者它已被吊销。
    The client's id or secret is wrong, or the client has been revoked.
    """


class RefreshRefused(Refused, status=400):
    """刷新令牌无效或已用过，请重新登录。
    The refresh token is not valid or was used before. Sign in again.
    """


NEEDED = {
    "password": ("username", "password"),
    "refresh_token": ("refresh_token",),
    "client_credentials": (),
}

# RFC 6749, section 5.2: what each refusal is called there, and its status.
OAUTH: dict[type[Refused], tuple[str, int]] = {
    SignInRefused: ("invalid_grant", 400),
    RefreshRefused: ("invalid_grant", 400),
    ClientRefused: ("invalid_client", 401),
    GrantUnsupported: ("unsupported_grant_type", 400),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for: the county, the client that it comes through, and its fields."""

    tenant: str
    client_id: UUID | None
    client_secret: str | None
    fields: Mapping[str, str]
    origin: str | None = None

    def require(self, *names: str) -> None:
        """Refuse a form without one of these fields."""
        missing = [name for name in names if name not in self.fields]
        if missing:
            raise MalformedRequest(
                reason=Said(f"缺少 {'、'.join(missing)}", f"{', '.join(missing)}: missing")
            )


@dataclass(frozen=True, slots=True)
class Granted:
    """What a request was granted: whose token, and how the session goes on."""

    bearer: Bearer
    session: SignedIn | None = None


class Tokens:
    """The endpoints, over one database."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.limits = database.limits
        # Each holds a connection while it hashes: the rest of the pool is for those signed in.
        self._turn = asyncio.Semaphore(min(AT_ONCE, max(1, settings.pool_size // 2)))

    async def token(self, request: Request) -> Response:
        """POST /token."""
        leaves_at = asyncio.get_running_loop().time() + REFUSAL_SECONDS
        try:
            wanted = _grantable(await _read(request))
            async with self._turn:
                answer = await self._grant(wanted)
            return JSONResponse(answer, headers=NO_STORE)
        except Exception as raised:
            await asyncio.sleep(max(0.0, leaves_at - asyncio.get_running_loop().time()))
            return _refused(refusal(raised), request)

    async def sign_out(self, request: Request) -> Response:
        """POST /sign-out: the session of a refresh token is over, whether or not it was."""
        try:
            wanted = await _read(request)
            wanted.require("token")
            found = await self.database.tenant(wanted.tenant)
            if found is not None:
                async with self.database.session(found[0]) as session:
                    by = Actor(found[0], wanted.tenant, client_id=wanted.client_id)
                    session.info[ORIGIN] = wanted.origin
                    await sessions.sign_out(session, by, token=wanted.fields["token"])
            return JSONResponse({}, headers=NO_STORE)
        except Exception as raised:
            return _refused(refusal(raised), request)

    async def keys(self, request: Request) -> Response:
        """GET /jwks/{tenant}: the public keys that prove the county's tokens."""
        try:
            found = await self.database.tenant(request.path_params["tenant"])
            if found is None:
                raise TenantUnknown()
            async with self.database.session(found[0], read_only=True) as session:
                shown = await signing.public(session, found[0])
            return JSONResponse(shown, headers={"cache-control": "public, max-age=300"})
        except Exception as raised:
            return _refused(refusal(raised), request)

    async def _grant(self, wanted: Wanted) -> dict[str, object]:
        """Grant a token in one transaction, which is kept where it is refused too."""
        found = await self.database.tenant(wanted.tenant)
        if found is None:
            await passwords.verify(None, wanted.fields.get("password", ""))
            raise ClientRefused() if wanted.client_id else _refusal_of(wanted)
        tenant_id, _ = found
        async with self.database.session(tenant_id) as session:
            session.info[ORIGIN] = wanted.origin
            granted = await self._decide(session, tenant_id, wanted)
            if isinstance(granted, Granted):
                return await self._answer(session, granted)
        raise granted

    async def _decide(
        self, session: AsyncSession, tenant_id: UUID, wanted: Wanted
    ) -> Granted | Refused:
        slug = await authority.slug_of(session, tenant_id)
        client = await _client(session, tenant_id, wanted)
        if client is None and wanted.client_id is not None:
            return ClientRefused()
        by = Actor(tenant_id, slug, client_id=client.id if client else None)
        fields, limits = wanted.fields, self.limits
        if fields["grant_type"] == "client_credentials":
            return _granted_client(session, by, client)
        if fields["grant_type"] == "refresh_token":
            token = fields["refresh_token"]
            signed_in = await sessions.refresh(session, by, token=token, limits=limits)
        else:
            name, password = fields["username"], fields["password"]
            signed_in = await sessions.sign_in(
                session, by, account_or_phone=name, password=password, limits=limits
            )
        if signed_in is None:
            return _refusal_of(wanted)
        person, session_id = signed_in.person_id, signed_in.session_id
        return Granted(Bearer(tenant_id, slug, person, by.client_id, session_id), signed_in)

    async def _answer(self, session: AsyncSession, granted: Granted) -> dict[str, object]:
        minutes = self.settings.access_token_minutes
        answer: dict[str, object] = {
            "access_token": await signing.issue(session, granted.bearer, minutes=minutes),
            "token_type": "Bearer",
            "expires_in": signing.seconds(minutes),
        }
        if granted.session is not None:
            answer["refresh_token"] = granted.session.refresh_token
            answer["must_change_password"] = granted.session.must_change
        return answer


def routes(authenticator: Authenticator, database: Database, settings: Settings) -> list[Route]:
    """The endpoints as routes."""
    tokens = Tokens(database, settings)
    token, sign_out = (
        cors.let_in(answer, lambda _: database) for answer in (tokens.token, tokens.sign_out)
    )
    methods = ["POST", "OPTIONS"]
    return [
        Route("/token", token, methods=methods),
        Route("/token/{tenant}", token, methods=methods),
        Route("/sign-out", sign_out, methods=methods),
        Route("/sign-out/{tenant}", sign_out, methods=methods),
        Route("/jwks/{tenant}", tokens.keys, methods=["GET"]),
    ]


def _granted_client(session: AsyncSession, by: Actor, client: Client | None) -> Granted | Refused:
    if client is None:
        return ClientRefused()
    record(session, by, "client.signed_in", client, acting=None, before=state_of(client))
    return Granted(Bearer(by.tenant_id, by.domain, client.id, client.id))


def _grantable(wanted: Wanted) -> Wanted:
    """Refuse what no county could grant, before any is looked for."""
    wanted.require("grant_type")
    needed = NEEDED.get(wanted.fields["grant_type"])
    if needed is None:
        raise GrantUnsupported()
    wanted.require(*needed)
    return wanted


def _refusal_of(wanted: Wanted) -> Refused:
    """The same refusal whatever of the grant was wrong."""
    grant = wanted.fields["grant_type"]
    if grant == "client_credentials":
        return ClientRefused()
    return RefreshRefused() if grant == "refresh_token" else SignInRefused()


async def _client(session: AsyncSession, tenant_id: UUID, wanted: Wanted) -> Client | None:
    if wanted.client_id is None:
        return None
    secret = wanted.client_secret or ""
    return await clients.prove(session, tenant_id, client=wanted.client_id, secret=secret)


async def _read(request: Request) -> Wanted:
    body = await requests.body(request, MOST_BYTES)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields = _json(body) if kind == requests.JSON else _form(body)
    named = requests.counties(request, fields.get("tenant"))
    if not named:
        raise MalformedRequest(reason=Said("缺少 tenant", "tenant is missing"))
    if len(named) > 1:
        raise MalformedRequest(
            reason=Said(
                "地址、请求头、正文指的不是同一个县",
                "address, header and body name different counties",
            )
        )
    if not all(is_storable(value) for value in (*named, *fields.values())):
        raise MalformedRequest(
            reason=Said("文字里有不成字符的内容", "a text holds what is no character")
        )
    client_id, secret = fields.get("client_id"), fields.get("client_secret")
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith("basic "):
        client_id, secret = _basic(authorization[6:])
    origin = requests.address(request) or None
    return Wanted(named.pop(), _uuid(client_id) if client_id else None, secret, fields, origin)


def _json(body: bytes) -> dict[str, str]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedRequest(reason=Said("正文不是 JSON", "the body is not JSON")) from None
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise MalformedRequest(
            reason=Said(
                "正文应是一个值都是文字的 JSON 对象", "one JSON object of texts is expected"
            )
        )
    return given


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        raise MalformedRequest(reason=Said("正文不是表单", "the body is not a form")) from None


def _basic(credentials: str) -> tuple[str, str]:
    """A client's id and secret as RFC 6749 has them in the header, each percent-encoded."""
    try:
        client_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise ClientRefused() from None
    return unquote_plus(client_id), unquote_plus(secret)


def _uuid(text: str) -> UUID:
    """A client's id, as registered or as GraphQL shows it (`Client:…`)."""
    try:
        return UUID(text.removeprefix("Client:"))
    except ValueError:
        raise ClientRefused() from None


def _refused(refused: Refused, request: Request) -> Response:
    language = language_of(request.headers.get("accept-language"))
    name, status = OAUTH.get(type(refused), ("invalid_request", refused.status))
    if status >= 500:
        name = "server_error"
    described = describe(refused, language)
    answer = {
        "error": name,
        "error_description": described["message"],
        **described["extensions"],
    }
    headers = NO_STORE | {"content-language": language}
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="sanfang"'
    return JSONResponse(answer, status if status >= 400 else 400, headers)
