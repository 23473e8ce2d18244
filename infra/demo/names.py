"""Invented people (虚构人物): names put together from lists, phone numbers that nobody has.

Nobody here exists; a name that some person bears as well is a coincidence.
"""

from collections.abc import Collection, Iterator

SURNAMES = "安卜岑车储邓丁范方费甘高葛耿顾关郝何胡华姜蒋金康孔赖雷黎厉连廖凌刘龙"
FIRST = "永德志文明海春秋冬晓玉秀桂雪云松柏青"
SECOND = "平强安和顺林泉峰华荣英兰芳梅莲琴霞洁"
PHONE = "1990000{:04}"


def names(taken: Collection[str]) -> Iterator[str]:
    """Names of three characters, none twice and none of those taken; the order never changes."""
    every = (
        surname + FIRST[(turn + place) % len(FIRST)] + SECOND[(turn * 7 + place) % len(SECOND)]
        for turn in range(len(FIRST) * len(SECOND))
        for place, surname in enumerate(SURNAMES)
    )
    seen = set(taken)
    for name in every:
        if name not in seen:
            seen.add(name)
            yield name


def phones() -> Iterator[str]:
    """Phone numbers in a range where the demo's people are alone."""
    return (PHONE.format(number) for number in range(1, 10_000))
