"""Settings (设置): where an installation keeps its data, whom it serves, how much one may ask.

Each is an environment variable, SANFANG_ before its name; DATABASE_URL and PORT also go without it.
What is wrong is said at start, with the variable's name, before anything else happens.
"""

import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES = 32
KEY_FILE = "master.key"
STORES = ("s3://", "gs://", "az://", "file:///")


class Language(StrEnum):
    """The language of the command line; answers over HTTP follow Accept-Language."""

    zh = "zh"
    en = "en"


class Access(StrEnum):
    """Who may use something: everybody, whom the policies grant it, or nobody."""

    everybody = "everybody"
    granted = "granted"
    nobody = "nobody"


class Where(StrEnum):
    """Where the clock's worker runs: inside the service's own process, or apart."""

    inside = "inside"
    apart = "apart"


class LogFormat(StrEnum):
    """How a line of the log is written."""

    console = "console"
    json = "json"


def _setting(default: Any, zh: str, en: str, **options: Any) -> Any:
    """A setting with its sentence in both languages; the README's table is made of these."""
    return Field(default=default, description=f"{zh} {en}", **options)


def _also(name: str) -> AliasChoices:
    return AliasChoices(f"SANFANG_{name}", name)


Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Everything that an installation may set."""

    model_config = SettingsConfigDict(env_prefix="SANFANG_", extra="ignore", populate_by_name=True)

    database_url: SecretStr | None = _setting(
        None,
        "PostgreSQL 15 以上的地址（库的所有者）；不填则用内嵌数据库。",
        "A PostgreSQL >= 15, as the database's owner; the embedded one if left out.",
        validation_alias=_also("DATABASE_URL"),
    )
    app_password: SecretStr | None = _setting(
        None,
        "两个应用角色的密码；不填则由主密钥推出。",
        "The password of the two app roles; derived from the master key if left out.",
    )
    data_dir: Path = _setting(
        Path(".sanfang"),
        "内嵌数据库、主密钥和上传的文件所在的目录。",
        "The folder of the embedded database, of the master key and of uploaded files.",
    )
    host: str = _setting("127.0.0.1", "监听的地址。", "The address it listens on.")
    port: int = _setting(
        8000,
        "监听的端口。",
        "The port it listens on.",
        ge=1,
        le=65535,
        validation_alias=_also("PORT"),
    )
    public_url: str | None = _setting(
        None,
        "对外的地址，写入令牌的签发者；不填则由监听地址得出。",
        "The address others know it by, the issuer in tokens; from host and port if left out.",
    )
    lang: Language = _setting(
        Language.zh, "命令行的语言：zh 或 en。", "The command line's language: zh or en."
    )
    master_key: SecretStr | None = _setting(
        None,
        "主密钥，Base64 的 32 字节；不填则首次使用时写入 data_dir。",
        "The master key, 32 bytes in Base64; made in data_dir on first use if left out.",
    )
    seal_algorithm: Literal["aes-256-gcm", "sm4-gcm"] = _setting(
        "aes-256-gcm",
        "个人信息的加密算法：aes-256-gcm 或 sm4-gcm。",
        "How personal data is encrypted: aes-256-gcm or sm4-gcm.",
    )
    access_token_minutes: Count = _setting(
        15, "访问令牌的有效分钟数。", "Minutes for which an access token is good."
    )
    refresh_token_days: Count = _setting(
        14, "刷新令牌的有效天数。", "Days for which a refresh token is good."
    )
    lockout_failures: Count = _setting(
        5, "连续失败几次后锁定账号。", "Failed sign-ins in a row that lock an account."
    )
    lockout_minutes: Count = _setting(
        15, "账号锁定的分钟数。", "Minutes for which an account stays locked."
    )
    allow_private_issuers: bool = _setting(
        False,
        "是否允许内网或本机的身份签发者。",
        "Whether an OpenID Connect issuer may be inside this network or on this machine.",
    )
    statement_timeout_ms: Count = _setting(
        5000, "一条语句最长的毫秒数。", "Milliseconds after which a statement is stopped."
    )
    pool_size: Count = _setting(
        16, "每个数据库角色的连接数。", "Connections kept for each database role."
    )
    max_body_bytes: Count = _setting(
        1_048_576, "请求体的最大字节数。", "The most bytes in a request's body."
    )
    file_store: str | None = _setting(
        None,
        "存放上传文件的地址，如 s3://桶/前缀，凭证用该存储通常的环境变量；不填则存于 data_dir。",
        "Where uploads are kept, as s3://bucket/prefix, with its usual variables; or in data_dir.",
    )
    max_file_bytes: int = _setting(
        15_728_640,
        "上传文件的最大字节数。",
        "The most bytes in a file that is uploaded.",
        ge=1,
        le=1 << 30,
    )
    max_uploads: Count = _setting(
        32,
        "每个进程同时接收的文件的最多数目，再多的答 503。",
        "The most files coming in at a time in a process; who comes then is answered 503.",
    )
    checks_at_once: Count = _setting(
        2,
        "每个进程同时查验的文件数，各占一个子进程和至多 1 GB 内存。",
        "Files looked at at a time, each in a process of its own with 1 GB of memory at most.",
    )
    max_depth: Count = _setting(12, "查询的最大层数。", "The most levels in a document.")
    max_tokens: Count = _setting(4000, "查询的最大词数。", "The most tokens in a document.")
    max_aliases: Count = _setting(40, "查询的最多别名数。", "The most aliases in a document.")
    max_characters: Count = _setting(
        100_000, "查询的最大字符数。", "The most characters in a document."
    )
    max_values: Count = _setting(
        10_000,
        "一次请求的变量里的最多值数。",
        "The most values in the variables of a request.",
    )
    max_directives: Count = _setting(40, "查询的最多指令数。", "The most directives in a document.")
    max_fields: Count = _setting(
        2000,
        "查询展开全部片段后的最多字段数。",
        "The most fields in a document with its fragments written out.",
    )
    max_cost: Count = _setting(
        20_000,
        "一次查询最多可能涉及的行数：各层每页条数相乘。",
        "The most rows that a query may touch: the pages' sizes, multiplied level by level.",
    )
    rows_per_minute: int = _setting(
        1_000_000,
        "每个用户每分钟最多涉及的行数，0 为不限；前端可另定。",
        "The most rows a caller may touch in a minute (0: no limit); a client may have its own.",
        ge=0,
    )
    body_seconds: Count = _setting(
        20,
        "请求头须在多少秒内到齐，请求体也是，除非一直按 bytes_per_second 到来。",
        "Seconds within which a head must have come, and a body but for bytes_per_second.",
    )
    bytes_per_second: Count = _setting(
        16_384,
        "请求体每秒至少到来的字节数；够快的上传可以超过 body_seconds。",
        "Bytes of a body that come in a second at least, where it takes longer than body_seconds.",
    )
    max_header_bytes: Count = _setting(
        32_768, "请求头的最大字节数。", "The most bytes in a request's head."
    )
    max_open: Count = _setting(
        2_000,
        "每个进程同时打开的连接的最多数目，再多的答 503。",
        "The most connections open in a process; who comes then is answered 503.",
    )
    trusted_proxies: str = _setting(
        "",
        "可信反向代理的地址，逗号分隔；只有它们转告的来源地址（X-Forwarded-For）才算数。",
        "Addresses of reverse proxies, with commas; only their word for a caller's address counts.",
    )
    max_batch: int = _setting(
        0,
        "一个请求体里最多几个查询，0 为不接受成批提交。",
        "The most requests in one body; 0: no list is taken.",
        ge=0,
    )
    max_page: Count = _setting(100, "一页最多的行数。", "The most rows on a page.")
    default_page: Count = _setting(20, "一页默认的行数。", "The rows on a page that names none.")
    subscription_poll_ms: Count = _setting(
        500,
        "有订阅时，每隔多少毫秒看一次有无变更。",
        "Milliseconds between looks for changes, while anybody subscribes.",
    )
    max_connections: Count = _setting(
        20,
        "每个用户在每个进程最多打开的长连接数（WebSocket 和事件流）。",
        "The most websockets and event streams that a caller may have open in a process.",
    )
    max_streams: Count = _setting(
        50,
        "一个 WebSocket 上同时进行的请求和订阅的最多数目。",
        "The most requests and subscriptions under way on one websocket.",
    )
    init_seconds: Count = _setting(
        5,
        "WebSocket 打开后须在多少秒内表明身份。",
        "Seconds within which a websocket must say who it is.",
    )
    keep_alive_seconds: Count = _setting(
        20,
        "长连接上每隔多少秒示意一次仍在线。",
        "Seconds between signs of life on a websocket or an event stream.",
    )
    introspection: Access = _setting(
        Access.everybody,
        "谁可以查询模式本身：everybody、granted（按权限）或 nobody。",
        "Who may ask for the schema: everybody, granted (by the policies) or nobody.",
    )
    automatic_persisted_queries: bool = _setting(
        False,
        "是否自动记住查询文档，之后可只发散列值（APQ）。",
        "Whether documents are kept by themselves, to be asked for by their hash alone (APQ).",
    )
    graphiql: bool = _setting(
        True, "是否提供 GraphiQL 页面。", "Whether the GraphiQL page is served."
    )
    worker: Where | None = _setting(
        None,
        "到点的事在哪里办：inside（服务进程内）或 apart（sanfang worker）；"
        "不填则内嵌数据库为 inside，自备数据库为 apart。",
        "Where what comes due is done: inside (the service's process) or apart (sanfang worker);"
        " if left out, inside on the embedded database, apart on one's own.",
    )
    log_format: LogFormat = _setting(
        LogFormat.console, "日志格式：console 或 json。", "How the log is written: console or json."
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(
            ("postgresql://", "postgres://")
        ):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("file_store")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(STORES):
            raise ValueError(f"must begin with one of {', '.join(STORES)}")
        return url

    @field_validator("master_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            _decode(key.get_secret_value())
        return key

    @property
    def url(self) -> str:
        """The address by which others reach the service, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def has_worker(self) -> bool:
        """Whether the service runs the clock's worker in its own process."""
        if self.worker is None:
            return self.database_url is None
        return self.worker is Where.inside

    def master(self) -> bytes:
        """The master key: the one given, or this installation's own, made on first use."""
        if self.master_key is not None:
            return _decode(self.master_key.get_secret_value())
        path = self.data_dir / KEY_FILE
        if not path.exists():
            _write_key(path)
        return _decode(path.read_text(encoding="ascii"))


def _decode(text: str) -> bytes:
    try:
        key = b64decode(text.strip(), validate=True)
    except NotBase64:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in Base64")
    return key


def _write_key(path: Path) -> None:
    """Write a new key whole, for the owner's eyes only; where two begin at once, one key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
