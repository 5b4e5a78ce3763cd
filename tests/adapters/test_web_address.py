"""Addresses that the downloader must not follow, in every disguise."""

import socket

import pytest

from multihowto.adapters.web_address import PrivateAddress, addresses_of, check_address, check_peer, port_of

NAMES = {
    "public.test": ("93.184.216.34", "2606:2800:220:1::1"),
    "mixed.test": ("93.184.216.34", "10.0.0.1"),
    "mapped.test": ("::ffff:192.168.0.1",),
    "ml.test": ("fe80::1%eth0",),
}


def resolve(host: str) -> tuple[str, ...]:
    """The names of this test; others are not known."""
    if host not in NAMES:
        raise socket.gaierror(-2, "unknown")
    return NAMES[host]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://0/", "http://localhost/", "http://localhost./", "http://LOCALHOST:80/", "http://a.localhost/",
        "http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.1.1/", "http://169.254.169.254/latest",
        "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://240.0.0.1/",
        "http://[::1]/", "http://[::]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[ff02::1]/",
        "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::10.0.0.1]/", "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/",
        "http://127。0。0。1/", "http://１２７.0.0.1/", "http://mixed.test/", "http://mapped.test/",
        "http://999999999999/", "http://printer.local/", "http://0.0.0.0/", "http://0.0.0.0./", "http://0x7f000001/",
        "http://017700000001/", "http://127.0.0.1./", "http://①②⑦.0.0.1/", "http://localhost../",
        "http://[::ffff:169.254.169.254]/", "http://[::ffff:0:127.0.0.1]/", "http://[::ffff:0.0.0.0]/",
        "http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::7f00:1]/", "http://[2002:a9fe:a9fe::]/",
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "http://[fec0::1]/", "http://[fd00:ec2::254]/",
        "http://100.100.100.200/", "http://192.0.0.192/", "http://168.63.129.16/", "http://[3fff::1]/",
        "http://metadata.google.internal./", "http://ml.test/",
    ],
)  # fmt: skip
def test_private_addresses(url: str) -> None:
    with pytest.raises(PrivateAddress):
        check_address(url, False, resolve)
    with pytest.raises(PrivateAddress):
        addresses_of(url, False, resolve)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://public.test/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://[::1",
        "//public.test",
        "http://me@public.test/",
        "http://me:pw@public.test/",
        "http://public.test:99999/",
        "ytsearch:cats",
        "http://public.test\\@127.0.0.1/",
        "http://public.test 127.0.0.1/",
        "http://%31%32%37.0.0.1/",
        "http://localhost%2e/",
        "http://127.0.0.1%00.public.test/",
        "http://public.test%2f@127.0.0.1/",
    ],
)
@pytest.mark.parametrize("allow_private", [False, True])
def test_urls_that_are_refused_anyway(url: str, allow_private: bool) -> None:
    with pytest.raises(PrivateAddress) as caught:
        check_address(url, allow_private, resolve)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://public.test/",
        "https://93.184.216.34:8443/x?y",
        "HTTP://PUBLIC.test./",
        "http://unknown.test/",
        "http://[2606:2800:220:1::1]/",
        "http://[64:ff9b::5db8:d822]/",
    ],
)
def test_public_addresses(url: str) -> None:
    check_address(url, False, resolve)


def test_private_addresses_by_permission() -> None:
    check_address("http://127.0.0.1:8000/", True, resolve)
    assert addresses_of("http://0x7f.1:8000/", True, resolve) == ("127.0.0.1",)
    assert addresses_of("http://mixed.test/", True, resolve) == NAMES["mixed.test"]


def test_addresses_to_connect_to() -> None:
    assert addresses_of("http://PUBLIC.test./", False, resolve) == NAMES["public.test"]
    with pytest.raises(socket.gaierror):
        addresses_of("http://unknown.test/", False, resolve)
    with pytest.raises(OSError, match="no address"):
        addresses_of("http://empty.test/", False, lambda _: ())


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://a/", 80), ("HTTPS://a/", 443), ("https://a:8443/", 8443), ("http://[::1]:9/", 9)],
)
def test_ports(url: str, port: int) -> None:
    assert port_of(url) == port


def test_a_host_is_resolved_once() -> None:
    asked: list[str] = []

    def counting(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ("93.184.216.34",)

    for _ in range(3):
        check_address("http://public.test/", False, counting)
    assert asked == ["public.test"]


def test_a_host_that_is_not_found_is_asked_again() -> None:
    asked: list[str] = []

    def failing(host: str) -> tuple[str, ...]:
        asked.append(host)
        raise socket.gaierror(-2, "unknown")

    for _ in range(2):
        check_address("http://public.test/", False, failing)
    assert len(asked) == 2


def test_peers() -> None:
    check_peer("93.184.216.34")
    with pytest.raises(PrivateAddress):
        check_peer("127.0.0.1")
