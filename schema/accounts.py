"""Accounts (账号): who can sign in, whose word for it counts, and the county's keys."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.commands import command, made
from schema.nodes import Node
from schema.people import Person
from schema.reading.declare import column, connection, given, link, reads
from schema.reading.pages import Connection
from schema.scopes import equals, is_current, of_person, pointing
from services import accounts
from services.accounts import Account as AccountRow
from services.issuers import Issuer as IssuerRow
from services.issuers import SubjectLink as SubjectLinkRow


@strawberry.enum(description="账号按什么排序。 By what accounts are ordered.")
class AccountOrder(Enum):
    """By what accounts are ordered."""

    NAME = "name"


@strawberry.enum(description="签发者按什么排序。 By what issuers are ordered.")
class IssuerOrder(Enum):
    """By what issuers are ordered."""

    URL = "url"


@strawberry.enum(description="对应关系按什么排序。 By what links are ordered.")
class SubjectLinkOrder(Enum):
    """By what links of subjects are ordered."""

    SUBJECT = "subject"


@strawberry.input(description="只要这样的账号。 Only such accounts.")
class AccountFilter:
    """Only such accounts."""

    name: str | None = equals(AccountRow.name, "账号名。 The account's name.")
    person: strawberry.ID | None = pointing(
        AccountRow.person_id, "Person", "谁的账号。 Whose account."
    )


@strawberry.input(description="只要这样的签发者。 Only such issuers.")
class IssuerFilter:
    """Only such issuers."""

    trusted: bool | None = is_current(
        IssuerRow.distrusted_at, "是否仍受信任。 Whether still trusted."
    )


@strawberry.type(description="登录账号。 An account to sign in with.")
@reads(AccountRow, "accounts", own=of_person("person_id"))
class Account(Node):
    """An account to sign in with; no password shows anywhere."""

    name: str = column(AccountRow.name, "账号名。 Its name.")
    person: Person | None = link(AccountRow.person_id, "谁的账号。 Whose account.")
    must_change: bool = column(AccountRow.must_change, "须改密码。 Password must be changed.")
    failures: int = column(AccountRow.failures, "连续失败次数。 Failed sign-ins in a row.")
    locked_until: datetime | None = column(AccountRow.locked_until, "锁定到何时。 Locked until.")
    confirmed_at: datetime | None = column(
        AccountRow.confirmed_at, "由第二人确认的时刻。 When a second person confirmed it."
    )
    version: int = column(AccountRow.version, "版本。 Its version.")


@strawberry.type(description="外部身份签发者。 An OpenID Connect issuer that the county trusts.")
@reads(IssuerRow, "accounts")
class Issuer(Node):
    """An OpenID Connect issuer."""

    url: str = column(IssuerRow.url, "签发者地址。 The issuer's address.")
    audience: str = column(IssuerRow.audience, "受众。 The audience of its tokens.")
    algorithms: list[str] = column(IssuerRow.algorithms, "签名算法。 What it signs by.")
    distrusted_at: datetime | None = column(
        IssuerRow.distrusted_at, "不再信任的时刻。 From when it is trusted no longer."
    )
    version: int = column(IssuerRow.version, "版本。 Its version.")


@strawberry.type(description="签发者的用户对应本县的哪个人。 Which person an issuer's user is.")
@reads(SubjectLinkRow, "accounts", own=of_person("person_id"))
class SubjectLink(Node):
    """Which person of the county an issuer's user is."""

    issuer: Issuer | None = link(SubjectLinkRow.issuer_id, "签发者。 The issuer.")
    subject: str = column(SubjectLinkRow.subject, "用户代号。 The user as the issuer says.")
    person: Person | None = link(SubjectLinkRow.person_id, "人员。 The person.")
    confirmed_at: datetime | None = column(
        SubjectLinkRow.confirmed_at, "由第二人确认的时刻。 When a second person confirmed it."
    )
    version: int = column(SubjectLinkRow.version, "版本。 Its version.")


@strawberry.type(description="换密钥的进度。 How far a change of the county's key has come.")
class KeyRotation:
    """How far a change of the county's key has come; said again, the counts are not shown."""

    number: int | None = made("number", "新密钥的编号。 The newest key's number.")
    remaining: int | None = made("remaining", "还剩多少人。 People still under an older key.")
    is_done: bool = given(
        lambda call: getattr(call.given, "remaining", None) == 0, "是否完成。 Whether it is done."
    )


@strawberry.type
class Queries:
    """What can be asked about accounts."""

    accounts: Connection[Account] = connection(
        None, AccountOrder, "登录账号。 Accounts.", AccountFilter
    )
    issuers: Connection[Issuer] = connection(
        None, IssuerOrder, "外部身份签发者。 Trusted issuers.", IssuerFilter
    )
    subject_links: Connection[SubjectLink] = connection(
        None, SubjectLinkOrder, "外部用户的对应。 Links of issuers' users to people."
    )


@strawberry.type
class Mutations:
    """The commands on accounts."""

    open_account: Account | None = command(accounts.open, "为人员开账号。 Open an account.")
    confirm_account: Account | None = command(
        accounts.confirm,
        "以第二人确认账号，此后才带有县级职权。 Confirm an account, as a second person.",
    )
    change_password: Account | None = command(
        accounts.change_password,
        "修改自己的密码，之后重新登录。 Change one's own password, then sign in again.",
    )
    unlock_account: Account | None = command(accounts.unlock, "解锁账号。 Unlock an account.")
    rotate_keys: KeyRotation | None = command(
        accounts.rotate_keys, "换加密密钥，重复执行直到完成。 Change the key; repeat until done."
    )
    trust_issuer: Issuer | None = command(
        accounts.trust_issuer, "信任一个身份签发者。 Trust an issuer."
    )
    distrust_issuer: Issuer | None = command(
        accounts.distrust_issuer, "不再信任签发者。 Trust an issuer no longer."
    )
    confirm_subject: SubjectLink | None = command(
        accounts.confirm_subject, "以第二人确认外部用户的对应。 Confirm a link, as a second person."
    )
    link_subject: SubjectLink | None = command(
        accounts.link_subject, "把签发者的用户对应到人员。 Link an issuer's user to a person."
    )
