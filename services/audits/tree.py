"""The Merkle tree of RFC 9162: leaves, nodes, the root of a list that only grows, and proofs.

A tree that grows is kept as its frontier: the roots of its full subtrees, the largest first, which
is all that the next leaf needs. Nothing here knows what a leaf stands for.
"""

import hashlib
from collections.abc import Iterable, Sequence

HASH = 32
EMPTY = hashlib.sha256().digest()


def leaf(content: bytes) -> bytes:
    """The hash of a leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + content).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(size: int, frontier: Sequence[bytes], leaves: Iterable[bytes]) -> tuple[int, list[bytes]]:
    """The size and frontier of a tree with more leaves behind those that it had."""
    kept = list(frontier)
    for hash_ in leaves:
        kept.append(hash_)
        size += 1
        for _ in range(_trailing_ones(size - 1)):
            right, left = kept.pop(), kept.pop()
            kept.append(node(left, right))
    return size, kept


def root(frontier: Sequence[bytes]) -> bytes:
    """The root of a tree by its frontier; of no leaves, the hash of nothing."""
    if not frontier:
        return EMPTY
    *others, last = frontier
    for left in reversed(others):
        last = node(left, last)
    return last


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over so many leaves."""
    return root(grown(0, [], leaves)[1])


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of a leaf (RFC 9162, 2.1.3): the siblings from the leaf up."""
    if len(leaves) == 1:
        return []
    cut = 1 << (len(leaves) - 1).bit_length() - 1
    if index < cut:
        return [*path(leaves[:cut], index), root_of(leaves[cut:])]
    return [*path(leaves[cut:], index - cut), root_of(leaves[:cut])]


def is_in(hash_: bytes, index: int, size: int, proof: Sequence[bytes], root_: bytes) -> bool:
    """Whether a path proves that the leaf stands there in a tree of this root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if at % 2 or at == last:
            hash_ = node(sibling, hash_)
            while not at % 2 and at:
                at, last = at >> 1, last >> 1
        else:
            hash_ = node(hash_, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hash_ == root_


def _trailing_ones(number: int) -> int:
    """How many full subtrees the leaf after so many joins."""
    return ((number + 1) & -(number + 1)).bit_length() - 1
