"""Masking: nothing planted survives in any writing, and plain words stay as they are."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.masking import Kind, findings, given_name, mask

NAMES = ("王小明", "欧阳春华", "龚二", "古丽娜尔")
PLAIN = (
    "楼道灯坏了一个星期，老人晚上上楼不便。",
    "2024年5月16日下午3点停水，2024-05-16 13:30至2024-05-17 18:00停电。",
    "服务期2018.06.01-2018.12.31，20240516验收。",
    "物业费每平方米1.2元，共3000户；小区共302户居民。",
    "1号楼电梯坏了，1单元楼道灯不亮，邻居在3楼，二楼平台积水。",
    "请拨打12345，或到网格驿站反映。",
    "方便居民出行，居民方便了；居民安全最要紧。",
    "业主方要求维修，业主高度关注此事，业主大会已表决，投票2/3以上通过。",
    "居民张贴的广告已清理，住户常年堆放杂物。",
    "项目经理已到场，保安师傅说要等配件，物业经理承诺3日内修好。",
    "党支部书记、居委会主任到场，预算12000元，3号楼500元。",
    "第一网格有三栋楼、六个单元，在1-3号楼之间，10-12月施工。",
    "噪音超过60分贝，从22:00到6:00。一户一表改造，管道DN100。",
    "三长初议：同意办结。已更换整条线路。",
    "1、3、5、7、9、11、13、15号楼都停水，小区200住户，共3000住户，500业主签名。",
    "第一网格第二季度第三次会议，第5层平台，第2单元的灯；法律第二百七十八条。",
    "他住3楼，住了10年，住户500人，安装20-30盏灯，oil and lilies.",
    "居民周末反映较多，居民常去的健身路径，业主程序上有异议，余额3560000元，面积1250000平方米。",
    "老高层的电梯、老管道、小高层、小程序、小康家庭、小江边的老樊花园，老房子，小孙子在楼下玩。",
    "老人家说楼道太暗，小孩家长都来了，小区家家户户。",
    "Building 3 has 20 units; room for 30 people, 2 rooms on each floor, block the road at 9.",
    "",
)
AROUND = st.text(st.sampled_from("楼道灯坏了请来看看吧，。！ \n（）：abc"), max_size=8)
WIDE = str.maketrans("0123456789xX-", "０１２３４５６７８９ｘＸ－")
CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
CIRCLED = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from("0123456789"), min_size=least, max_size=most or least)


@st.composite
def phones(draw: st.DrawFn) -> str:
    return "1" + draw(st.sampled_from("3456789")) + draw(digits(9))


@st.composite
def identities(draw: st.DrawFn) -> str:
    born = draw(st.dates()).replace(year=draw(st.integers(1900, 2099)), day=15)
    region, order = "1" + draw(digits(5)), draw(digits(3))
    if draw(st.booleans()):
        return f"{region}{born:%y%m%d}{order}"
    return f"{region}{born.year}{born:%m%d}{order}{draw(st.sampled_from('0123456789xX'))}"


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """A number in one of the ways in which people write it."""
    between = draw(st.sampled_from(("", " ", "-", ".", "\u200b", "·", " - ", "*", "~", "+")))
    cuts = draw(st.sets(st.integers(1, len(number) - 1), max_size=len(number)))
    spaced = "".join(between * (place in cuts) + char for place, char in enumerate(number))
    way = draw(st.sampled_from(({}, WIDE, CHINESE, CIRCLED, ARABIC)))
    prefix = draw(st.sampled_from(("", "+86", "86 ", "0086-"))) if len(number) == 11 else ""
    return (prefix + spaced).translate(way)


def numbers() -> st.SearchStrategy[str]:
    return st.one_of(phones(), identities()).flatmap(written)


@st.composite
def names(draw: st.DrawFn) -> str:
    between = draw(st.sampled_from(("", " ", "·", "\u200b", "\u3000")))
    return between.join(draw(st.sampled_from(NAMES)))


def read(text: str) -> str:
    """What somebody would read out of a text: its digits and letters."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = "".join(str(unicodedata.decimal(char, char)) for char in plain)
    for numeral, digit in zip("零一二三四五六七八九", "0123456789", strict=True):
        plain = plain.replace(numeral, digit)
    return "".join(char for char in plain if char.isalnum())


class TestMask:
    @given(before=AROUND, number=numbers(), after=AROUND)
    def test_no_number_survives_in_any_writing(self, before: str, number: str, after: str) -> None:
        seen = mask(before + number + after)
        assert not any(char.isdigit() for char in read(seen)), seen
        assert "*" in seen

    @given(before=AROUND, name=names(), after=AROUND)
    def test_no_known_name_survives_in_any_writing(
        self, before: str, name: str, after: str
    ) -> None:
        seen = mask(before + name + after, names=NAMES)
        assert read(name) not in read(seen)
        assert not set(read(name)) & set(read(seen))

    @given(text=st.text(), parts=st.lists(st.one_of(numbers(), names(), AROUND, st.text())))
    def test_twice_is_as_once_and_leaves_nothing_to_find(self, text: str, parts: list[str]) -> None:
        seen = mask(text.join(parts), names=NAMES)
        assert mask(seen, names=NAMES) == seen
        assert not findings(seen, NAMES)

    @given(text=st.text(), parts=st.lists(st.one_of(numbers(), names(), AROUND)))
    def test_it_grows_no_longer(self, text: str, parts: list[str]) -> None:
        whole = text.join(parts)
        assert len(mask(whole, names=NAMES)) <= len(whole)

    @pytest.mark.parametrize("text", PLAIN)
    def test_what_names_nobody_stays_as_it_is(self, text: str) -> None:
        assert mask(text, names=NAMES) == text

    def test_what_is_reached_only_once_its_neighbour_is_gone_is_masked_too(self) -> None:
        assert mask("电话：760 1234，或760 1235") == "电话：***，或***"
        assert mask("业主张三13800001234反映") == "业主***反映"

    def test_stars_do_not_tell_how_long_it_was(self) -> None:
        assert mask("欧阳春华来电", names=NAMES) == mask("王小明来电", names=NAMES) == "***来电"

    def test_what_is_no_word_is_no_name(self) -> None:
        assert mask("灯坏了。", names=["", "灯", " 。", "。。"]) == "灯坏了。"


class TestFindings:
    @pytest.mark.parametrize(
        ("text", "found", "kind"),
        [
            ("电话13800001234", "13800001234", Kind.phone),
            ("张三138-0000-1234", "138-0000-1234", Kind.phone),
            ("周三一三八 零零零零 一二三四", "一三八 零零零零 一二三四", Kind.phone),
            ("座机0794-7601234", "0794-7601234", Kind.phone),
            ("(0794)7601234", "(0794)7601234", Kind.phone),
            ("电话：760 1234", "760 1234", Kind.phone),
            ("证号36010219900101123x", "36010219900101123x", Kind.identity),
            ("3601 0219 9001 0112 3X", "3601 0219 9001 0112 3X", Kind.identity),
            ("卡6222 0213 0101 2345 678", "6222 0213 0101 2345 678", Kind.card),
            ("合同88001234", "88001234", Kind.number),
            ("车牌赣A·12345", "赣A·12345", Kind.plate),
            ("车牌赣AD12345停在", "赣AD12345", Kind.plate),
            ("车牌赣a 1 2 3 4 5", "赣a 1 2 3 4 5", Kind.plate),
            ("邮箱a.b＠example.com", "a.b＠example.com", Kind.email),
            ("微信号：abc_1234", "abc_1234", Kind.account),
            ("加vx：abc12345", "abc12345", Kind.account),
            ("QQ 10000123", "10000123", Kind.account),
            ("住3栋2单元502，漏水", "3栋2单元502", Kind.house),
            ("住5-2-301", "5-2-301", Kind.house),
            ("住502室", "502室", Kind.house),
            ("住6号楼1单元302户", "6号楼1单元302户", Kind.house),
            ("住三栋二单元五零二", "三栋二单元五零二", Kind.house),
            ("住A座1203", "A座1203", Kind.house),
            ("住12#楼2单元", "12#楼2单元", Kind.house),
            ("5-301业主", "5-301业主", Kind.house),
            ("lives at Building 3, Unit 2, Room 501", "Building 3, Unit 2", Kind.house),
            ("in Room No. 501B.", "Room No. 501B", Kind.house),
            ("Apt 502 leaks", "Apt 502", Kind.house),
            ("ring ١٣٨٠٠١٣٨٠٠٠", "١٣٨٠٠١٣٨٠٠٠", Kind.phone),
            ("电话1*3*8*0013~8000", "1*3*8*0013~8000", Kind.phone),
            ("王大爷腿脚不便", "王", Kind.name),
            ("李阿姨家漏水", "李", Kind.name),
            ("欧阳女士来电", "欧阳", Kind.name),
            ("陈建国先生来电", "陈建国", Kind.name),
            ("业主张三反映", "张三", Kind.name),
            ("我叫王小花。", "王小花", Kind.name),
            ("联系人：赵六", "赵六", Kind.name),
            ("王某某投诉", "王", Kind.name),
            ("打138、0013、8000", "138、0013、8000", Kind.phone),
            ("打138。0013:8000", "138。0013:8000", Kind.phone),
            ("打138\U0001f4de0013转8000", "138\U0001f4de0013转8000", Kind.phone),
            ("打138    0013    8000", "138    0013    8000", Kind.phone),
            ("打l38OO138OOO", "l38OO138OOO", Kind.phone),
            ("打138\u115f0013\u31648000", "138\u115f0013\u31648000", Kind.phone),
            ("证号360102、19900101、1234", "360102、19900101、1234", Kind.identity),
            ("住三栋五楼东户", "三栋五楼东户", Kind.house),
            ("住第三栋第二单元第五层第二户", "第三栋第二单元第五层第二户", Kind.house),
            ("住5栋十二楼01室", "5栋十二楼01室", Kind.house),
            ("502住户反映", "502住户", Kind.house),
            ("他住502，漏水", "502", Kind.house),
            ("车牌赣F·D、12345", "赣F·D、12345", Kind.plate),
            ("邮箱a(at)qq.com", "a(at)qq.com", Kind.email),
            ("王姐说夜里太吵", "王", Kind.name),
            ("周师母来电", "周", Kind.name),
            ("李大夫家漏水", "李", Kind.name),
            ("电话幺三八洞洞幺三八洞洞洞", "幺三八洞洞幺三八洞洞洞", Kind.phone),
            ("加我v：zhang_1985", "zhang_1985", Kind.account),
            ("老王家漏水", "老王", Kind.name),
            ("小李说夜里太吵", "小李", Kind.name),
            ("找隔壁阿陈。", "阿陈", Kind.name),
        ],
    )
    def test_it_is_found_where_it_stands(self, text: str, found: str, kind: Kind) -> None:
        ours = [one for one in findings(text) if one.kind is kind]
        assert found in [text[one.start : one.end] for one in ours]

    @pytest.mark.parametrize(
        ("name", "given"),
        [("慕容复生", "复生"), ("张建国", "建国"), ("张三", None), ("古丽娜尔", None)],
    )
    def test_a_given_name_is_what_stands_after_the_surname(
        self, name: str, given: str | None
    ) -> None:
        assert given_name(name) == given

    @pytest.mark.parametrize("text", PLAIN)
    def test_in_plain_words_nothing_is(self, text: str) -> None:
        assert not findings(text, NAMES)

    def test_a_name_is_found_in_its_spaced_and_hidden_writings(self) -> None:
        for text in (
            "王小明", "王 小 明", "王·小明", "王\u200b小\u200b明", "王、小【明", "王\u2800小´明",
        ):  # fmt: skip
            [one] = findings(f"请找{text}吧", NAMES)
            assert (one.kind, one.start, one.end) == (Kind.name, 2, 2 + len(text))
