"""Invented people (虚构人物): names put together from lists, phone numbers that nobody has.

Nobody here exists; a name that some person bears as well is a coincidence.
"""

from collections.abc import Collection, Iterator

SURNAMES = "安卜岑车储邓丁范方费甘高葛耿顾关郝何胡华姜蒋金康孔赖雷黎厉连廖凌刘龙"
FIRST = "永德志文明海春秋冬晓玉秀桂雪云松柏青"
SECOND = "平强安和顺林泉峰华荣英兰芳梅莲琴霞洁"
PHONE = "1990000{:04}"
BLOCK = 1_000


def names(taken: Collection[str], block: int) -> Iterator[str]:
    """Names of three characters, none twice in any block and none of those taken."""
    for number in range(block * BLOCK, (block + 1) * BLOCK):
        turn, place = divmod(number, len(SURNAMES))
        shift, first = divmod(turn, len(FIRST))
        given = FIRST[(first + place) % len(FIRST)] + SECOND[(first + shift * 5) % len(SECOND)]
        if (name := SURNAMES[place] + given) not in taken:
            yield name


def phones(block: int) -> Iterator[str]:
    """Phone numbers in a range where the demo's people are alone."""
    return (PHONE.format(number) for number in range(block * BLOCK + 1, (block + 1) * BLOCK))
