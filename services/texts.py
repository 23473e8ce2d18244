"""Texts (文本): what PostgreSQL can keep as one."""


def is_storable(text: str) -> bool:
    """No NUL, and no half of a surrogate pair by itself (JSON lets both in)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
