"""Problems (问题): what is wrong with a row, in which cell, in words that say what to do.

No word of them names a person or repeats a number of theirs: whoever may read the import reads its
problems, and they outlive what was personal of it.
"""

from dataclasses import dataclass
from typing import Any

from services.errors import Said


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field of a row: its code, the facts, and whether the row can't come in
    for it.
    """

    field: str
    code: str
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def is_blocking(self) -> bool:
        """Whether it keeps the row out; a note doesn't."""
        return self.code not in NOTES

    @property
    def said(self) -> Said:
        """The words, with the facts filled in."""
        words, facts = WORDS[self.code], dict(self.facts)
        return Said(words.zh.format_map(facts), words.en.format_map(facts))


def problem(field: str, code: str, **facts: Any) -> Problem:
    """A problem of one of the codes below."""
    return Problem(field, code, tuple((name, str(fact)) for name, fact in facts.items()))


# What is only said, and keeps no row out.
NOTES = {
    "SAME_AS_ROW": Said("与第 {row} 行完全相同，只算一次",
                        "the same as row {row}; it counts once"),
    "SHARES_ASSUMED": Said("没有写份额，按 {number} 人均等记为 {share}，请核对",
                           "no share is given: taken as {share}, equal among {number}; check it"),
    "SHARES_SHORT": Said("这套房的份额合计只有 {sum}，其余没有登记",
                         "the shares of this unit come to {sum} only; the rest isn't recorded"),
    "PHONE_KEPT": Said("册上这个人的电话不同或没有，导入不改；要改请另行更正人员",
                       "the register keeps another phone, or none, for this person; amend it"
                       " there"),
    "PHONE_OTHER": Said("第 {row} 行给这个人写了另一个电话，以那个为准",
                        "row {row} gives this person another phone, which is taken"),
    "TITLE_KEPT": Said("册上的依据不同，导入不改", "the register has another ground, and keeps it"),
}  # fmt: skip

WORDS = NOTES | {
    "NUMBER_MISSING": Said("没有房号", "the unit's number is missing"),
    "TEXT_UNFIT": Said("文字不合要求：{reason_zh}", "not a text that can be kept: {reason_en}"),
    "AREA_MISSING": Said("册上没有这套房，文件里也没有它的面积",
                         "the unit isn't on the register and the file gives no area"),
    "AREA_UNREADABLE": Said("不是面积", "not an area"),
    "AREA_UNFIT": Said("面积应大于 0、不超过 {most}，小数不超过 {places} 位",
                       "an area is above nought, {most} at most, with {places} places at most"),
    "AREA_TWICE": Said("与第 {row} 行同一套房的面积不同", "row {row} gives this unit another area"),
    "AREA_DIFFERS": Said("册上的面积是 {register}，文件里是 {file}；要改请更正专有部分",
                         "{register} on the register, {file} in the file; amend the unit there"),
    "SOURCE_UNREADABLE": Said("面积来源应是不动产登记、实测或合同",
                              "an area's source is the register, a survey or a contract"),
    "SOURCE_DIFFERS": Said("册上的面积来源不同；要改请更正专有部分",
                           "the register has another source of the area; amend the unit there"),
    "SOURCE_TWICE": Said("与第 {row} 行同一套房的面积来源不同",
                         "row {row} gives this unit's area another source"),
    "USE_UNREADABLE": Said("不认识这种用途", "not a use that is known"),
    "USE_DIFFERS": Said("册上的用途不同；要改请更正专有部分",
                        "the register has another use; amend the unit there"),
    "USE_TWICE": Said("与第 {row} 行同一套房的用途不同", "row {row} gives this unit another use"),
    "PLACE_UNKNOWN": Said("小区里没有这个楼栋或单元，请先设立",
                          "the estate has no such building or stairwell; found it first"),
    "PLACE_DIFFERS": Said("册上这套房在别的楼栋或单元",
                          "on the register this unit is in another building or stairwell"),
    "PLACE_TWICE": Said("与第 {row} 行同一套房的楼栋或单元不同",
                        "row {row} puts this unit into another building or stairwell"),
    "NAME_MISSING": Said("有证件号、电话或份额，却没有姓名或单位名称",
                         "an identity number, phone or share, but no name of whose it is"),
    "NAME_DIFFERS": Said("这个证件号册上是另一个姓名，请核对",
                         "the register has another name for this identity number; check it"),
    "NAME_TWICE": Said("第 {row} 行同一证件号是另一个姓名",
                       "row {row} has another name for this identity number"),
    "HOLDER_BOTH": Said("个人和单位只能填一种", "either a person or an organisation, not both"),
    "IDENTITY_ROUNDED": Said("证件号存成了数值，末几位已丢失；请改成文本格式后重新填写",
                             "kept as a number, its last digits are lost; type it again as text"),
    "IDENTITY_UNFIT": Said("证件号不对：{reason_zh}", "not an identity number: {reason_en}"),
    "PHONE_UNFIT": Said("电话不对：{reason_zh}", "not a phone: {reason_en}"),
    "PHONE_TAKEN": Said("这个电话册上是另一个人的；请核对，或留空",
                        "the register has this phone for another person; check it or leave it out"),
    "PHONE_TWICE": Said("第 {row} 行另一个人也是这个电话；一个电话只能记一个人，请留一处",
                        "row {row} has this phone for another person; leave it in one place"),
    "CODE_MISSING": Said("单位没有统一社会信用代码", "an organisation without its credit code"),
    "CODE_UNFIT": Said("统一社会信用代码不对：{reason_zh}", "not a credit code: {reason_en}"),
    "CODE_TWICE": Said("第 {row} 行同一代码是另一个单位名称",
                       "row {row} has another organisation with this code"),
    "ORGANISATION_DIFFERS": Said("这个代码册上是另一个单位名称，请核对",
                                 "the register has another organisation with this code; check it"),
    "SHARE_UNREADABLE": Said("不是份额；写成 1/2、50% 或 0.5",
                             "not a share; write 1/2, 50% or 0.5"),
    "SHARE_UNFIT": Said("份额应大于 0、不超过全部，分母不超过 {most}",
                        "a share is above nought, the whole at most, with {most} below at most"),
    "SHARE_MISSING": Said("这套房别的业主写了份额，这一行没有",
                          "the unit's other owners have shares and this one has none"),
    "SHARE_DIFFERS": Said("册上这位业主的份额是 {register}，文件里是 {file}",
                          "{register} on the register for this owner, {file} in the file"),
    "SHARES_EXCEED": Said("文件里这套房的份额合计为 {sum}，超过全部",
                          "in the file the shares of this unit come to {sum}"),
    "MORE_THAN_THE_WHOLE": Said("册上另有业主：到 {day} 份额合计会是 {sum}；请先结束原来的产权",
                                "with those on the register it comes to {sum} on {day}; end one"
                                " first"),
    "HOLDER_TWICE": Said("第 {row} 行已有这套房的同一业主，内容不同",
                         "row {row} has the same owner of this unit, with other content"),
    "DATE_UNREADABLE": Said("不是日期；写成 2019-03-01", "not a day; write 2019-03-01"),
    "DATE_DIFFERS": Said("册上这份产权从 {register} 起，文件里是 {file}",
                         "from {register} on the register, from {file} in the file"),
}  # fmt: skip
