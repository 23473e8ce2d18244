"""Every refusal that a caller can meet. A class is one refusal; its docstring is the message.

The first line of the docstring is Chinese, the second English; `{name}` stands for a fact given
when it is raised. The code is the class's name in capitals. No message names another county's rows.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from services.zone import CHINA


class Said(NamedTuple):
    """A fact that is words, in both languages; programs are told its code where it has one.

    `section` is the part of the county's pack that may call it otherwise.
    """

    zh: str
    en: str
    code: str | None = None
    section: str | None = None

    def to(self, language: str) -> str:
        """The words in `zh` or `en`."""
        return self.zh if language == "zh" else self.en


class Label(Protocol):
    """What something is called."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


LabelT = TypeVar("LabelT", bound=Label)


def called(labels: Mapping[Any, Label], *codes: str) -> Said:
    """What these are called, one after the other; one that has no label by its code."""
    found = [labels.get(code) or Said(code, code) for code in codes]
    return Said(
        "、".join(one.zh for one in found),
        ", ".join(one.en for one in found),
        ", ".join(codes),
        labels.section if isinstance(labels, Labels) else None,
    )


class Labels(dict[str, LabelT], Generic[LabelT]):
    """What the product calls each of these; a county may call them otherwise in this section of its
    pack.
    """

    def __init__(self, section: str, labels: Mapping[str, LabelT]) -> None:
        super().__init__(labels)
        self.section = section


# What a county calls things, by the sections of its pack.
LabelsOf: TypeAlias = Mapping[str, Mapping[Any, Label]]


class Refused(Exception):
    """请求被拒绝。
    The request is refused.
    """

    code: ClassVar[str] = "REFUSED"
    status: ClassVar[int] = 200
    # Whether what the command wrote before it refused is kept, as a failure that was counted.
    is_kept: ClassVar[bool] = False

    def __init_subclass__(cls, status: int = 200, is_kept: bool = False) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).upper()
        cls.status, cls.is_kept = status, is_kept

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        """The message in `zh` or `en`."""
        facts = {name: _in(language, fact) for name, fact in self.facts.items()}
        said = type(self).text(language).format_map(facts)
        return said.replace("?.", "?").replace("？。", "？")

    def in_words_of(self, labels: LabelsOf) -> None:
        """Say the facts as this county calls them."""
        for name, fact in self.facts.items():
            own = labels.get(fact.section or "") if isinstance(fact, Said) else None
            if own and fact.code:
                known = {str(code): label for code, label in own.items()}
                self.facts[name] = called(known, *fact.code.split(", "))

    @classmethod
    def text(cls, language: str) -> str:
        """The message before its facts are filled in."""
        chinese, english = (line.strip() for line in (cls.__doc__ or "").strip().splitlines()[:2])
        return chinese if language == "zh" else english


def _in(language: str, fact: Any) -> Any:
    """A fact in a language; a moment by the clock in China, to the minute.

    A sentence leaves its full stop to the message that it stands in.
    """
    if isinstance(fact, Said):
        fact = fact.to(language)
    if isinstance(fact, datetime):
        here = f"{fact.astimezone(CHINA):%Y-%m-%d %H:%M}"
        return here if language == "zh" else f"{here} (UTC+8)"
    return fact.rstrip(".。 ") if isinstance(fact, str) and len(fact) > 1 else fact


class NotFound(Refused):
    """找不到这个对象，或者您无权看到它：{id}。
    There is no such object, or you may not see it: {id}.
    """


class Forbidden(Refused, status=403):
    """您的职务不允许这样做：{object}.{action}。请向县管理员确认您的任职。
    Your posts don't allow {object}.{action}. Ask the county administrator about your appointments.
    """


class ForbiddenHere(Forbidden, status=403):
    """您的职务允许 {object}.{action}，但不是对这一个：不在您任职的范围，或者现在轮不到您。
    Your posts allow {object}.{action}, but not here: out of their reach, or in others' hands now.
    """


# For programs it is the same refusal; only people are told more.
ForbiddenHere.code = Forbidden.code


class NotSignedIn(Refused, status=401):
    """请先登录，再重新提交。
    Sign in and send this again.
    """


class StaleVersion(Refused):
    """内容已被别人修改，当前版本是 {version}。请重新读取后再改。
    Somebody else changed this; its version is {version}. Read it again before you change it.
    """


class CommandReused(Refused):
    """这个 commandId 已用于另一个请求。请换一个新的。
    This commandId was used for a different request. Use a new one.
    """


class BadInput(Refused, status=400):
    """参数 {argument} 不正确：{reason}。
    The argument {argument} is not right: {reason}.
    """


class EndsBeforeItBegins(Refused):
    """结束日期必须晚于开始日期。
    An end must come after its beginning.
    """


class NotYet(Refused):
    """日期不能晚于今天（{today}）。到那一天再办理。
    The day can't be after today ({today}). Come back on that day.
    """


class TenantSuspended(Refused, status=403):
    """该县的服务已暂停，请联系平台运维。
    This county's service is suspended. Ask the platform operator.
    """


class TenantUnknown(Refused, status=404):
    """没有这个县，或者令牌不属于这个县。请检查县的代号。
    There is no such county, or the token is not of it. Check the county's name.
    """


class TenantMissing(Refused, status=400):
    """请说明是哪个县：用 /graphql/县代号、X-Sanfang-Tenant 请求头，或带上令牌。
    Say which county: by /graphql/NAME, by the header X-Sanfang-Tenant, or with a token.
    """


class TokenRefused(Refused, status=401):
    """令牌无效或已过期，请重新登录。
    The token is not valid or has expired. Sign in again.
    """


class SignInRefused(Refused, status=401):
    """账号或密码不正确，或者账号暂时锁定。请稍后再试，或请安全管理员解锁。
    The account or password is wrong, or the account is locked. Try later, or ask for an unlock.
    """


class AuthorityUnsettled(Refused, status=503):
    """您的任职正在变更，请稍后重试。
    Your appointments are changing at this moment. Try again shortly.
    """


class Conflict(Refused):
    """与同时进行的另一个操作冲突，没有做任何更改，请重试。
    It met another change at the same moment; nothing was changed. Try again.
    """


class TooSlow(Refused, status=503):
    """查询用时过长，已经停止。请缩小范围或减少每页条数。
    The request took too long and was stopped. Ask for less at a time.
    """


class MalformedRequest(Refused, status=400):
    """请求格式不正确：{reason}。
    The request is malformed: {reason}.
    """


class BodyTooLarge(Refused, status=413):
    """请求超过 {limit} 字节，请分开提交。
    The request is over {limit} bytes. Send it in parts.
    """


class MediaTypeRefused(Refused, status=415):
    """请用 application/json 提交。
    Send it as application/json.
    """


class MethodRefused(Refused, status=405):
    """修改只能用 POST 提交。
    A mutation can only be sent by POST.
    """


class StreamNeeded(Refused, status=406):
    """订阅请用 graphql-transport-ws 子协议的 WebSocket，或带 Accept: text/event-stream 提交。
    A subscription is a stream: use a websocket (graphql-transport-ws) or Accept: text/event-stream.
    """


class DocumentRefused(Refused, status=400):
    """查询文档有误：{reason}。
    The document is not right: {reason}.
    """


class DocumentTooLarge(Refused, status=400):
    """查询文档太大：{what}，上限是 {limit}。请分成几次查询。
    The document is too large: {what}; the limit is {limit}. Ask in several documents.
    """


class OperationUnknown(Refused, status=400):
    """请用 operationName 说明要执行哪一个操作。
    Say by operationName which operation to run.
    """


class VariablesTooLarge(Refused, status=400):
    """变量太多或嵌套太深：最多 {limit} 个值、{depth} 层。请分开提交。
    The variables are too large: {limit} values, {depth} levels are the most. Send them in parts.
    """


class VariablesRefused(Refused, status=400):
    """变量有误：{reason}。
    The variables are not right: {reason}.
    """


class Internal(Refused, status=500):
    """服务内部出错，编号 {id}。请把编号告诉管理员。
    Something went wrong inside, number {id}. Tell the administrator this number.
    """
