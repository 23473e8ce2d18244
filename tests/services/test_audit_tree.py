"""The Merkle tree by RFC 9162: the roots that Certificate Transparency's own vectors have."""

from hypothesis import given
from hypothesis import strategies as st

from services.audits import tree

# The leaves and roots by which implementations of RFC 6962 and RFC 9162 are tried.
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
          "606162636465666768696a6b6c6d6e6f")  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
HASHES = [tree.leaf(bytes.fromhex(one)) for one in LEAVES]
MANY = st.lists(st.binary(max_size=8).map(tree.leaf), min_size=1, max_size=70, unique=True)


class TestRoot:
    def test_it_is_that_of_the_vectors(self) -> None:
        for size, expected in enumerate(ROOTS, start=1):
            assert tree.root_of(HASHES[:size]).hex() == expected

    def test_of_no_leaves_it_is_the_hash_of_nothing(self) -> None:
        assert tree.root([]).hex().startswith("e3b0c44298fc1c14")

    @given(MANY, st.integers(min_value=0, max_value=70))
    def test_grown_in_batches_it_is_the_same(self, hashes: list[bytes], cut: int) -> None:
        size, frontier = tree.grown(0, [], hashes[:cut])
        size, frontier = tree.grown(size, frontier, hashes[cut:])
        assert size == len(hashes)
        assert tree.root(frontier) == tree.root_of(hashes)


class TestPath:
    @given(MANY, st.data())
    def test_it_proves_its_leaf_at_its_place_and_no_other(
        self, hashes: list[bytes], data: st.DataObject
    ) -> None:
        at = data.draw(st.integers(min_value=0, max_value=len(hashes) - 1))
        root, size = tree.root_of(hashes), len(hashes)
        proof = tree.path(hashes, at)
        assert tree.is_in(hashes[at], at, size, proof, root)
        assert not tree.is_in(tree.leaf(b"another leaf"), at, size, proof, root)
        for other in {at - 1, at + 1, size} - {at}:
            assert not tree.is_in(hashes[at], other, size, proof, root)
        if proof:
            assert not tree.is_in(hashes[at], at, size, proof[:-1], root)
