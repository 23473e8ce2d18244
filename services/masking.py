"""Masking (隐去): what in a text says who somebody is, and the text without it.

What is looked for is the text as a reader takes it, not as it is spelt: wide and circled digits,
Chinese numerals, spaces and dots between them and characters that nobody sees make no difference.
The software only proposes; a person approves. So it rather masks too much.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from services.arguments import BLANK
from services.errors import Said

STAR = "*"
# No more stars than this, so that they don't tell how long a name or number was.
MOST_STARS = 3


class Kind(StrEnum):
    """What was found."""

    phone = "phone"
    identity = "identity"
    card = "card"
    number = "number"
    plate = "plate"
    email = "email"
    account = "account"
    house = "house"
    name = "name"


LABELS: dict[Kind, Said] = {
    Kind.phone: Said("电话号码", "a phone number"),
    Kind.identity: Said("身份证号", "an identity number"),
    Kind.card: Said("银行卡号", "a bank card number"),
    Kind.number: Said("长串数字", "a long number"),
    Kind.plate: Said("车牌号", "a licence plate"),
    Kind.email: Said("电子邮箱", "an e-mail address"),
    Kind.account: Said("微信或 QQ 号", "a messenger account"),
    Kind.house: Said("门牌号", "a house number"),
    Kind.name: Said("姓名", "a name"),
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Where in the text something personal stands: from a place up to another, counted from 0."""

    start: int
    end: int
    kind: Kind


def mask(text: str, *, names: Collection[str] = ()) -> str:
    """The text with stars for all that is personal; nothing is found in what is returned."""
    # What stands around a masked word may be found only then; each round leaves less to find.
    while found := findings(text, names):
        for one in reversed(found):
            stars = STAR * min(MOST_STARS, one.end - one.start)
            text = text[: one.start] + stars + text[one.end :]
    return text


def findings(text: str, names: Collection[str] = ()) -> list[Finding]:
    """Everything personal in the text, in its order; `names` are those of whom it may be about."""
    seen = _Seen.of(text)
    # Both ways: of "张三138…" the numeral is part of a name and not of the number after it.
    readings = {seen.plain, seen.counted}
    found = {one for kind, pattern in PATTERNS for read in readings
             for one in seen.found(kind, pattern, read)}  # fmt: skip
    if BESIDE_A_DIGIT.search(seen.counted):
        guessed = seen.counted.translate(LOOK_ALIKE)
        found |= {one for kind, pattern in PATTERNS if kind in (Kind.phone, Kind.identity)
                  for one in seen.found(kind, pattern, guessed)}  # fmt: skip
    found |= {one for pattern in CALLED for one in seen.found(Kind.name, pattern, seen.plain)}
    known = _any_of(tuple(sorted({_bare(name) for name in names}, key=_longest)))
    if known is not None:
        found |= set(seen.found(Kind.name, known, seen.plain))
    return _apart(sorted(found))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A text as it is read: `plain`, and `counted` with digits for numerals, and from where.

    `places` says for each character at which place of the text it stands.
    """

    plain: str
    counted: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "_Seen":
        read = [(one, place) for place, char in enumerate(text) for one in _read(char) if one != ""]
        plain = "".join(one for one, _ in read)
        return cls(plain, plain.translate(NUMERALS), tuple(place for _, place in read))

    def found(self, kind: Kind, pattern: re.Pattern[str], read: str) -> Iterator[Finding]:
        """What a pattern finds, where it stands in the text itself; `it` is the personal part."""
        for match in pattern.finditer(read):
            start, end = match.span("it" if "it" in pattern.groupindex else 0)
            if any(char.isalnum() for char in read[start:end]):
                yield Finding(self.places[start], self.places[end - 1] + 1, kind)


def _read(char: str) -> str:
    """A character as it is read: of one width, in small letters, digits of any script as 0 to 9;
    one that shows as nothing, as none.
    """
    is_mark = unicodedata.category(char) in ("Cf", "Cc", "Mn", "Me") and char not in "\t\n"
    if is_mark or char in BLANK:
        return ""
    digit = unicodedata.decimal(char, None)
    return unicodedata.normalize("NFKC", char).lower() if digit is None else str(digit)


def _apart(found: list[Finding]) -> list[Finding]:
    """Findings that overlap as one; it is called what its longest part was found to be."""
    apart: list[Finding] = []
    for one in found:
        if apart and one.start < apart[-1].end:
            last = apart.pop()
            kind = max((last, one), key=_tells).kind
            one = Finding(last.start, max(last.end, one.end), kind)
        apart.append(one)
    return apart


def _tells(one: Finding) -> tuple[bool, int]:
    """By how much a finding says what it is: that a number is long says the least."""
    return one.kind is not Kind.number, one.end - one.start


def given_name(name: str) -> str | None:
    """What somebody is called without the surname, where that is two characters at least."""
    bare = _bare(name)
    surname = re.match(_SURNAME, bare)
    given = bare[surname.end() :] if surname else ""
    return given if len(given) > 1 else None


def _bare(name: str) -> str:
    """A name as it is read, without what may stand between its characters."""
    return "".join(one for char in name for one in _read(char) if one.isalnum())


def _longest(name: str) -> tuple[int, str]:
    return -len(name), name


@lru_cache(maxsize=256)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Any of the names, with something between its characters or not; of one character, none."""
    written = [APART.join(map(re.escape, name)) for name in names if len(name) > 1]
    return re.compile("|".join(written)) if written else None


# What may stand between two characters of a number or name without parting them.
BETWEEN = r"[\s\-‐-―_.,·•・/()~*+=|\\]{0,3}"
# Between the characters of a name, and the groups of a number, anything that is no word.
APART = r"(?:[^\w]|_){0,4}"
# Letters that are read as digits where one stands beside them.
LOOK_ALIKE = str.maketrans("oli", "011")
BESIDE_A_DIGIT = re.compile(r"[oli]\d|\d[oli]")
NUMERALS = str.maketrans(
    "〇零洞一二三四五六七八九幺两拐勾壹贰叁肆伍陆柒捌玖", "0001234567891279123456789"
)
_ = BETWEEN
_YEAR, _MONTH, _DAY = rf"(?:1{_}[89]|2{_}0){_}\d{_}\d", rf"(?:0{_}[1-9]|1{_}[0-2])", (
    rf"(?:0{_}[1-9]|[12]{_}\d|3{_}[01])"
)  # fmt: skip
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_ALL_DAYS = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"


def _digits(number: int) -> str:
    return rf"\d(?:{_}\d){{{number - 1}}}"


# A room, a storey, a stairwell, a building; any two of them lead to a door.
_N = r"第?(?:\d{1,4}|[十百]\d?|\d[十百](?:0?\d)?[十]?\d?)"
_TO = r"[\s\-‐-―,，、的.·/#]{0,2}"
_BUILDING = rf"(?:{_N}|[a-z])\s?(?:号楼|号院|幢|栋|座|#楼?|号)"
_STAIRWELL = rf"{_N}\s?(?:单元|门洞|号门)"
_STOREY = rf"{_N}\s?(?:层|楼)"
_ROOM = r"(?:\d{3,4}|[1-9]\s?-?\s?0\s?\d)\s?(?:号房|室|户|房|号)?"
_ROOM_SAID = r"\d{3,4}\s?(?:号房|室|房间|房(?![屋产子地租顶价东款型源]))"

# As rooms are numbered: the storey, and then from 01 on.
_ROOM_LIKE = r"[1-9]\d?(?:0[1-9]|1\d)"
_SIDE = rf"(?:[东西南北中左右]{{1,2}}(?:户|边户|侧户|首|手边)|{_N}\s?户)"
_GROUPS = r"(?:[^\w]|_|转){1,4}"

_NUMBERED = r"[\s.]{0,2}(?:no\.?|number|#)?\s?"

PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            Kind.identity,
            rf"(?<!\d)[1-9]{_}{_digits(5)}{_}{_YEAR}{_}{_MONTH}{_}{_DAY}{_}{_digits(3)}{_}[\dx](?!\d)",
        ),
        (
            Kind.identity,
            rf"(?<!\d)[1-9]{_}{_digits(7)}{_}{_MONTH}{_}{_DAY}{_}{_digits(3)}(?!\d)",
        ),
        (Kind.identity, r"(?<!\d)\d{17}x"),
        (
            Kind.phone,
            rf"(?<!\d)(?:\+?{_}(?:0{_}0{_})?8{_}6{_})?1{_}[3-9]{_}{_digits(9)}(?!\d)",
        ),
        (Kind.phone, rf"1[3-9]\d{_GROUPS}\d{{4}}{_GROUPS}\d{{4}}(?!\d)"),
        (Kind.phone, rf"(?<!\d)1[3-9]\d\d{_GROUPS}\d{{3,4}}{_GROUPS}\d{{3,4}}(?!\d)"),
        (Kind.phone, rf"(?<!\d)1[3-9]\d{_GROUPS}\d{{8}}(?!\d)"),
        (
            Kind.identity,
            rf"(?<!\d)[1-9]\d{{5}}{APART}(?:19|20)\d{{6}}{APART}\d{{3}}[\dx](?!\d)",
        ),
        (Kind.phone, rf"(?<!\d)\(?0\d{{2,3}}\)?{_}[2-9]{_}{_digits(6)}(?:{_}\d)?(?!\d)"),
        (
            Kind.phone,
            rf"(?:电话|手机|座机|热线|号码|联系方式|tel|phone)[^\d\n]{{0,6}}(?P<it>{_digits(5)}(?:{_}\d)+)",
        ),
        (Kind.card, rf"(?<!\d)[3-69]{_}{_digits(15)}(?:{_}\d){{0,3}}(?!\d)"),
        (
            Kind.number,
            rf"(?<!\d)(?!{_ALL_DAYS}(?!\d))\d{{7,}}(?!\d|\s?(?:元|万|平方|平米|㎡|立方|吨|度))",
        ),
        (
            Kind.plate,
            rf"[{_PROVINCES}]{APART}[a-hj-np-z]{APART}(?:[a-hj-np-z\d]{APART}){{4,5}}"
            r"[a-hj-np-z\d挂学警港澳](?![a-z\d])",
        ),
        (
            Kind.email,
            r"[a-z\d._%+\-]+\s?(?:@|[(\[【]at[)\]】]|艾特)\s?[a-z\d\-]+(?:\s?\.\s?[a-z\d\-]+)+",
        ),
        (
            Kind.account,
            r"(?:微信|威信|薇信|v信|抖音|快手|支付宝|(?<![a-z])(?:vx|wx|wechat|weixin|qq|v(?=\s?[:号])))"
            r"(?:号码?|id)?[\s:是为加=\-]{0,4}(?P<it>[a-z][\w\-]{4,19}|\d{5,})",
        ),
        (Kind.account, r"(?<![a-z])wxid_\w+"),
        (Kind.house, rf"{_BUILDING}{_TO}{_STAIRWELL}(?:{_TO}{_STOREY})?(?:{_TO}{_ROOM}(?!\d))?"),
        (Kind.house, rf"{_BUILDING}{_TO}(?:{_STOREY}{_TO})?{_ROOM_SAID}"),
        (Kind.house, rf"{_BUILDING}{_TO}\d{{3,4}}(?!\d|[元块人户米平年])"),
        (Kind.house, rf"{_STAIRWELL}{_TO}(?:{_STOREY}{_TO})?{_ROOM}(?!\d|[元块人米平年])"),
        (Kind.house, rf"(?<!\d){_ROOM_SAID}"),
        (Kind.house, rf"(?:{_BUILDING}|{_STAIRWELL}){_TO}{_STOREY}{_TO}{_SIDE}"),
        (Kind.house, rf"{_BUILDING}{_TO}{_STOREY}{_TO}\d{{1,2}}\s?(?:号房|号|室|户|房)"),
        (Kind.house, rf"(?<!\d){_ROOM_LIKE}\s?(?:住户|业主)"),
        (Kind.house, rf"住(?:在)?\s?(?P<it>{_ROOM_LIKE})(?![\d元米人户年平多个名])"),
        (Kind.house, rf"(?<![a-z])(?:room|rm|apt|apartment|flat|suite){_NUMBERED}\d{{2,4}}[a-z]?"),
        (
            Kind.house,
            rf"(?<![a-z])(?:building|block|bldg){_NUMBERED}(?:\d{{1,4}}|[a-z])"
            rf"[\s,;]{{0,3}}(?:unit|entrance|door|staircase){_NUMBERED}\d{{1,4}}",
        ),
        (Kind.house, r"(?<![\d\-])\d{1,3}\s?[\-‐-―/#]\s?\d{1,2}\s?[\-‐-―/#]\s?\d{3,4}(?![\d\-])"),
        (
            Kind.house,
            r"(?<![\d\-])\d{1,3}\s?[\-‐-―/#]\s?\d{3,4}\s?(?:室|户|号|房|业主|住户|家)",
        ),
    )
)

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏"
    "薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易"
    "常武乔贺赖龚文庞樊兰殷施陶洪翟颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦柳邢骆岳齐梅庄涂耿"
    "祁游舒骞艾詹欧裴冉莫柯甘饶占肖付代丘瞿戚卞冼邝谌揭桂"
)
_COMPOUND = "(?:欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|司徒|令狐|东方|端木)"
_SURNAME = f"(?:{_COMPOUND}|[{_SURNAMES}])"
_HAN = "[\u4e00-\u9fff]"
_GIVEN = rf"{_HAN}{{1,2}}?"
_PERSONAL = (
    "先生|女士|小姐|太太|大爷|大妈|大娘|大伯|大叔|大姐|大哥|大嫂|阿姨|阿婆|阿公|叔叔|伯伯|婶婶|"
    "爷爷|奶奶|婆婆|公公|嫂子|嫂|师母|大夫|婶子|大姨|姐|哥|老汉|老太太|老太|老头|阿伯|老爷子|某某|某"
)
_OFFICIAL = "校长|院长|警官|律师|书记|主任|经理|师傅|老师|医生|队长|科长|局长|会长|社长|所长"
# Of 老 and 小 with these, words are made that name nobody (小康, 老龙头).
_NOBODY = "康段龙石江田金高白万常方丁巴毛车马"
# Words that begin like a name and are none.
_NO_NAME = (
    "(?!方便|方面|方案|方才|高度|高兴|高空|高层|高楼|张贴|常见|常年|常常|安全|马上|万一|施工|施救|"
    "关于|成立|金额|白天|时常|毛病|文明|严重|严格|许多|任何|任意|康复|温馨|易燃|石材|田地|江边|林地|"
    "周末|周边|周围|周全|常去|常住|程序|温度|白天|孔洞|"
    "黄土|龙头|雷雨|汤圆|万元|万户|代表|代为|付费|付款|甘愿|占用|占道|占地|游客|何时|何处|何人|何况|于是|于今)"
)
# After a name a sentence goes on like this, and after other words it hardly does.
_GOES_ON = (
    r"(?=[\s\d,，.。;；:：!！?？、)）(（」”\"']|$|反映|投诉|表示|认为|要求|希望|来电|来访|提出|提议|自述|说|称|讲|"
    r"家|的|和|与|及|等|在|住|向|于|对|把|将|被|已|曾|是|有)"
)
# After a nickname; "老王家", "小李说", but no "小区", "老路".
_NEXT_TO_A_NICKNAME = (
    r"[,，。;；:：!！?？、\s]|$|家(?!具|电|庭|里人)"
    "|说|讲|反映|投诉|表示|提出|认为|师傅|夫妇|夫妻|他们"
)
_WEAK = "业主|住户|居民|邻居|户主|租户|租客|房东|房主|老人"
_STRONG = (
    "我叫|我是|本人叫|本人是|本人|名叫|名字叫|名字是|姓名|提事人|投诉人|反映人|举报人|联系人|当事人|"
    "申请人|负责人|经办人|户主姓名|业主姓名"
)

# Who is named without being known: by how people are called, and by how they are introduced.
CALLED: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<it>{_NO_NAME}{_SURNAME}(?:(?!某){_HAN}){{0,2}})(?:{_PERSONAL})",
        rf"(?P<it>{_SURNAME})(?:{_PERSONAL}|{_OFFICIAL})",
        rf"(?<!大)(?P<it>[老小阿](?![{_NOBODY}])[{_SURNAMES}])(?={_NEXT_TO_A_NICKNAME})",
        rf"(?:{_WEAK})[\s:：]{{0,2}}(?P<it>{_NO_NAME}{_SURNAME}{_GIVEN}){_GOES_ON}",
        rf"(?:{_STRONG})[\s:：为]{{0,3}}(?P<it>{_NO_NAME}{_SURNAME}{_GIVEN}){_GOES_ON}",
        rf"(?:我叫|名叫|姓名|联系人|提事人)[\s:：为]{{0,3}}(?P<it>{_NO_NAME}{_SURNAME}{_HAN}{{1,2}})",
    )
)
