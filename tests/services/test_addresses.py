"""Which hosts may be asked: none that lies inside a network, by whatever name or notation."""

from ipaddress import ip_address

import pytest

from services import addresses
from services.addresses import NotPublic

INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.7", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
]  # fmt: skip


class TestIsInside:
    @pytest.mark.parametrize(
        "host", [*INSIDE, "localhost", "LOCALHOST.", "a.localhost", "db.internal"]
    )
    def test_it_is_told_by_its_name(self, host: str) -> None:
        assert addresses.is_inside(host)

    @pytest.mark.parametrize("host", ["id.example.com", "1.1.1.1", "2606:4700::1111"])
    def test_a_public_one_is_not(self, host: str) -> None:
        assert not addresses.is_inside(host)


class TestResolve:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
    async def test_what_resolves_to_the_inside_is_not_asked(self, host: str) -> None:
        with pytest.raises(NotPublic):
            await addresses.resolve(host, 443, allow_private=False)
        found = await addresses.resolve(host, 443, allow_private=True)
        assert ip_address(found).is_loopback
