"""The steps of the walk (走一遍的步骤): six steps of a matter, with everybody whom it takes."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from infra.demo.walk import Answer, Known, Step, Walk
from services import clock

RESIDENT, STAIRWELL, BUILDING = "resident", "stairwell_head", "building_head"
SECRETARY, WORKER, MEMBER = "branch_secretary", "grid_worker", "party_member"
COMMITTEE, FIRM = "committee_member", "firm_staff"
PARTNER, DEPARTMENT = "partner_delegate", "department_officer"
HEADS = (STAIRWELL, BUILDING, SECRETARY)
SITTERS = (SECRETARY, COMMITTEE, FIRM, WORKER, PARTNER, DEPARTMENT)
SIGNERS = (SECRETARY, COMMITTEE, FIRM)
STORY = "三楼到四楼的楼道灯坏了一个星期，老人晚上上下楼不便。请联系13800138000王大爷核实。"
PHONE, NAME = "13800138000", "王大爷"


def whole(walk: Walk) -> None:
    """Walk through all six steps, and look at what the public then sees."""
    walk.go(AT_HOME)
    send(walk, RESIDENT, "raise_photo")
    walk.go(HEAR)
    walk.go([opinion(who) for who in HEADS])
    walk.go(CONVENE)
    walk.go([sign_in(who) for who in SITTERS])
    walk.go(DELIBERATE)
    walk.go([signature(who) for who in SIGNERS])
    send(walk, FIRM, "result_photo")
    walk.go(HANDLE)


def send(walk: Walk, who: str, name: str) -> None:
    """Prepare a file, send its bytes, and keep its id under a name."""
    prepared = act(
        "准备上传一张照片", "Prepare to send a photo", who,
        "mutation ($unit: ID!) { done: prepareFile(unit: $unit, name: \"现场.jpg\")"
        " { uploadUrl uploadUntil file { id state } } }",
        lambda known: {"unit": known["home"]},
        lambda data: {"upload": data["done"]["uploadUrl"], name: data["done"]["file"]["id"]},
    )  # fmt: skip
    walk.take(prepared)
    walk.upload(walk.known["upload"], photo())


def photo(number: int = 0) -> bytes:
    """A small picture with a place in its EXIF, which must be gone when it comes back; of each
    number another file.
    """
    from PIL import Image

    picture = Image.new("RGB", (320, 240), (60, 90, 120))
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (27.0, 33.0, 0.0), 3: "E", 4: (116.0, 13.0, 0.0)})
    made = BytesIO()
    picture.save(made, "JPEG", exif=exif, comment=str(number))
    return made.getvalue()


def act(
    zh: str,
    en: str,
    who: str | None,
    document: str,
    variables: Callable[[Known], Answer] = lambda known: {},
    keep: Callable[[Any], Answer] = lambda data: {},
    holds: Callable[[Any, Known], bool] = lambda data, known: True,
    refused: str | None = None,
) -> Step:
    """A step, with its parts in the order in which one thinks of them."""
    return Step(zh, en, who, document, variables, keep, holds, refused)


def on_matter(
    zh: str, en: str, who: str, mutation: str, arguments: str, state: str,
    more: Callable[[Known], Answer] = lambda known: {}, declared: str = "",
) -> Step:  # fmt: skip
    """An act on the matter, after which it is in this state."""
    return act(
        zh, en, who,
        f"mutation ($matter: ID!{declared}) {{ done: {mutation}(matter: $matter{arguments})"
        " { state stateLabel next holder { name } dueAt } }",
        lambda known: {"matter": known["matter"]} | dict(more(known)),
        holds=lambda data, known: data["done"]["state"] == state,
    )  # fmt: skip


def opinion(who: str) -> Step:
    """A head's first opinion."""
    return on_matter(
        "三长初议：建议上圆桌会", "A head's first opinion: table it", who, "opineMatter",
        ', recommends: TABLE, said: "涉及公共线路，建议上会"', "PRELIMINARY",
    )  # fmt: skip


def sign_in(who: str) -> Step:
    """Who sits notes themselves."""
    return act(
        "到会签到", "Somebody who sits signs in", who,
        "mutation ($meeting: ID!) { done: attendMeeting(meeting: $meeting) { state number } }",
        lambda known: {"meeting": known["meeting"]},
        holds=lambda data, known: data["done"]["state"] == "CONVENED",
    )  # fmt: skip


def signature(who: str) -> Step:
    """A party signs the minutes that were read."""
    wanted = "SIGNED" if who == SIGNERS[-1] else "MINUTES_PENDING"
    return act(
        "代表本方签纪要", "A party signs the minutes", who,
        "mutation ($meeting: ID!, $hash: String!) {"
        " done: signMinutes(meeting: $meeting, sha256: $hash) { state signedAt } }",
        lambda known: {"meeting": known["meeting"], "hash": known["hash"]},
        holds=lambda data, known: data["done"]["state"] == wanted,
    )  # fmt: skip


def is_stored(data: Any, known: Known) -> bool:
    """The photo came, and was made anew."""
    [shown] = data["done"]["evidence"]["nodes"]
    return bool(shown["file"]["state"] == "STORED" and shown["file"]["url"])


def shows_nobody(data: Any, known: Known) -> bool:
    """The entry is on the board, and neither number nor name is in it."""
    texts = [entry["text"] or "" for entry in data["publicBoard"]["nodes"]]
    return bool(texts) and not any(hidden in text for text in texts for hidden in (PHONE, NAME))


AT_HOME = [
    act(
        "我是谁，住在哪里",
        "Who am I, and where do I live",
        RESIDENT,
        "{ viewer { person { name home { id name parent { id name } } } posts { role unitId } } }",
        keep=lambda data: {"home": data["viewer"]["person"]["home"]["id"]},
    ),
]
HEAR = [
    act(
        "第一步　居民提事，附照片", "Step 1: raise a matter, with a photo", RESIDENT,
        "mutation ($place: ID!, $text: String!, $files: [ID!]) {"
        " done: raiseMatter(category: \"facilities\", title: \"楼道灯不亮\", text: $text,"
        " place: $place, placeDetail: \"三楼到四楼\", files: $files) { id code state"
        " stateLabel next holder { name } evidence { nodes { file { state url width } } } } }",
        lambda known: {
            "place": known["home"], "text": STORY, "files": [known["raise_photo"]],
        },
        lambda data: {"matter": data["done"]["id"], "code": data["done"]["code"]},
        is_stored,
    ),
    on_matter(
        "单元长上报", "The stairwell head passes it on", STAIRWELL, "passOnMatter",
        ', words: "已核实"', "RAISED",
    ),
    act(
        "跳过一步会被拒绝，并告知下一步", "A skipped step is refused and says what comes next",
        SECRETARY,
        "mutation ($matter: ID!) { tableMatter(matter: $matter) { state } }",
        lambda known: {"matter": known["matter"]}, refused="WRONG_STEP",
    ),
    on_matter(
        "楼栋长上报", "The building head passes it on", BUILDING, "passOnMatter", "", "RAISED",
    ),
    on_matter(
        "网格长受理", "The grid head accepts it", SECRETARY, "acceptMatter", "", "INQUIRING",
    ),
    on_matter(
        "第二步　党员问事", "Step 2: a party member asks", MEMBER, "inquireMatter",
        ", contactedAt: $at, said: \"已上门查看，灯座老化\"", "PRELIMINARY",
        lambda known: {"at": clock.now().isoformat()}, ", $at: DateTime!",
    ),
]  # fmt: skip
CONVENE = [
    on_matter(
        "第三步完毕，提交圆桌会", "Step 3 is done: table it", SECRETARY, "tableMatter", "",
        "TABLED",
    ),
    act(
        "找到本网格的圆桌议事会", "Find the grid's round table", SECRETARY,
        "query ($matter: ID!) { node(id: $matter) { ... on Matter { grid { id name } } } }",
        lambda known: {"matter": known["matter"]},
        lambda data: {"grid": data["node"]["grid"]["id"]},
    ),
    act(
        "六方席位", "Its six seats", SECRETARY,
        "query ($grid: ID!) { councils(filter: {grid: $grid, open: true}) { nodes { id name"
        " seats { nodes { kindLabel unit { name } } } } } }",
        lambda known: {"grid": known["grid"]},
        lambda data: {"council": data["councils"]["nodes"][0]["id"]},
        lambda data, known: len(data["councils"]["nodes"][0]["seats"]["nodes"]) == len(SITTERS),
    ),
    act(
        "筹备会议", "Draft a meeting", SECRETARY,
        "mutation ($council: ID!, $at: DateTime!) { done: draftMeeting(council: $council,"
        " plannedAt: $at, place: \"网格驿站\") { id number state } }",
        lambda known: {
            "council": known["council"],
            "at": (clock.now() + timedelta(minutes=5)).isoformat(),
        },
        lambda data: {"meeting": data["done"]["id"]},
    ),
    act(
        "召集：已提交的事项自动列入议程", "Convene it: what is tabled is on its agenda", SECRETARY,
        "mutation ($meeting: ID!) { done: conveneMeeting(meeting: $meeting) { state items"
        " { nodes { id position title matter { code } } } } }",
        lambda known: {"meeting": known["meeting"]},
        lambda data: {"items": [item["id"] for item in data["done"]["items"]["nodes"]]},
        lambda data, known: known["code"]
        in [item["matter"]["code"] for item in data["done"]["items"]["nodes"] if item["matter"]],
    ),
]  # fmt: skip
DELIBERATE = [
    act(
        "第四步　开会，已达法定方数", "Step 4: open it, with a quorum", SECRETARY,
        "mutation ($meeting: ID!) { done: openMeeting(meeting: $meeting) { state openedAt"
        " attendance { nodes { kind person { name } } } } }",
        lambda known: {"meeting": known["meeting"]},
        holds=lambda data, known: len(data["done"]["attendance"]["nodes"]) >= len(SITTERS),
    ),
    act(
        "物业公司是谁", "Which firm serves the estate", SECRETARY,
        "query ($grid: ID!) { linkages(filter: {grid: $grid, current: true}) { nodes {"
        " estate { name } firm { id name } } } }",
        lambda known: {"grid": known["grid"]},
        lambda data: {"firm": data["linkages"]["nodes"][0]["firm"]["id"]},
    ),
    act(
        "形成决议：谁办、何时办完", "Resolve it: who, and by when", SECRETARY,
        "mutation ($item: ID!, $firm: ID!, $due: Date!) { done: resolveItem(item: $item,"
        " text: \"由物业公司更换线路和灯具\", handlingClass: FIRM, owner: $firm, dueOn: $due)"
        " { id state dueOn owner { name } } }",
        lambda known: {
            "item": known["items"][-1], "firm": known["firm"],
            "due": (clock.today() + timedelta(days=10)).isoformat(),
        },
        lambda data: {"resolution": data["done"]["id"]},
    ),
    act(
        "散会，纪要自动起草", "Adjourn it: its minutes are drafted", SECRETARY,
        "mutation ($meeting: ID!) { done: adjournMeeting(meeting: $meeting) { state"
        " minutes { nodes { text hash } } } }",
        lambda known: {"meeting": known["meeting"]},
        lambda data: {"hash": data["done"]["minutes"]["nodes"][0]["hash"]},
        lambda data, known: "更换线路" in data["done"]["minutes"]["nodes"][0]["text"],
    ),
]  # fmt: skip
HANDLE = [
    on_matter(
        "第五步　分类办事：物业报告结果", "Step 5: the firm reports the result, with a photo",
        FIRM, "completeMatter", ", result: \"已更换灯具和线路\", files: $files", "PUBLISHED",
        lambda known: {"files": [known["result_photo"]]}, ", $files: [ID!]",
    ),
    on_matter(
        "由承办人以外的人核实", "Somebody else verifies it", WORKER, "verifyMatter",
        ", said: \"现场看过，灯亮了\"", "PUBLISHED",
    ),
    on_matter(
        "提事人确认", "The raiser confirms", RESIDENT, "confirmMatter", "", "PUBLISHED",
    ),
    on_matter(
        "提事人评价", "The raiser says how content they are", RESIDENT, "rateMatter",
        ", satisfaction: 5, word: \"很快\"", "PUBLISHED",
    ),
    act(
        "第六步　公开晒事：先隐去个人信息", "Step 6: what is personal is masked", SECRETARY,
        "mutation ($matter: ID!) { done: proposePublication(matter: $matter) { id state title"
        " text result } }",
        lambda known: {"matter": known["matter"]},
        lambda data: {"publication": data["done"]["id"]},
        lambda data, known: PHONE not in data["done"]["text"] and NAME not in data["done"]["text"],
    ),
    act(
        "再由人审核公开", "A person approves it", SECRETARY,
        "mutation ($publication: ID!) { done: approvePublication(publication: $publication)"
        " { state } }",
        lambda known: {"publication": known["publication"]},
        holds=lambda data, known: data["done"]["state"] == "APPROVED",
    ),
    act(
        "公示期未满不能办结", "It isn't closed before the objection period is over", SECRETARY,
        "mutation ($matter: ID!) { closeMatter(matter: $matter) { state } }",
        lambda known: {"matter": known["matter"]}, refused="WINDOW_RUNNING",
    ),
    act(
        "居民看经过了谁、停了多久", "The resident sees whom it passed, how long each held it",
        RESIDENT,
        "query ($matter: ID!) { node(id: $matter) { ... on Matter { code stateLabel entries(first:"
        " 50) { nodes { seq act at secondsHeld unit { name } toUnit { name } said } } } } }",
        lambda known: {"matter": known["matter"]},
        holds=lambda data, known: [one["seq"] for one in data["node"]["entries"]["nodes"]]
        == list(range(1, len(data["node"]["entries"]["nodes"]) + 1)),
    ),
    act(
        "公众在公开栏看到，不必登录", "The public sees it on the board, without signing in", None,
        "{ publicBoard(first: 3) { totalCount nodes { title text result categoryLabel"
        " estate { name } handler { name } state raisedOn approvedOn satisfaction } } }",
        holds=shows_nobody,
    ),
]  # fmt: skip
