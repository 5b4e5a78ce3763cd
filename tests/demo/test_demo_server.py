"""Ranges and validators, as functions of a resource and the request's headers."""

import pytest

from demo_pages import Resource
from demo_server import LAST_MODIFIED, UnsatisfiableRangeError, parse_range, reply_to

TEN_BYTES = Resource(b"0123456789", "video/mp4")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("bytes=0-", (0, 10)),
        ("bytes=2-4", (2, 5)),
        ("bytes=9-99", (9, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges(header: str, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_ranges_without_a_byte(header: str, size: int) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        parse_range(header, size)


def test_a_part_says_where_it_lies() -> None:
    reply = reply_to(TEN_BYTES, {"range": "bytes=2-4"})
    assert (reply.status, reply.start, reply.end) == (206, 2, 5)
    assert dict(reply.headers)["Content-Range"] == "bytes 2-4/10"
    assert dict(reply.headers)["Content-Length"] == "3"


def test_an_unsatisfiable_range_says_how_long_the_file_is() -> None:
    reply = reply_to(TEN_BYTES, {"range": "bytes=10-"})
    assert (reply.status, reply.start, reply.end) == (416, 0, 0)
    assert dict(reply.headers)["Content-Range"] == "bytes */10"


def test_validators() -> None:
    etag = dict(reply_to(TEN_BYTES, {}).headers)["ETag"]
    assert reply_to(TEN_BYTES, {"if-none-match": etag}).status == 304
    assert reply_to(TEN_BYTES, {"if-none-match": '"other"'}).status == 200
    assert reply_to(TEN_BYTES, {"range": "bytes=1-", "if-range": etag}).status == 206
    assert reply_to(TEN_BYTES, {"range": "bytes=1-", "if-range": LAST_MODIFIED}).status == 206
    assert reply_to(TEN_BYTES, {"range": "bytes=1-", "if-range": '"other"'}).status == 200


def test_errors_have_neither_validators_nor_ranges() -> None:
    reply = reply_to(Resource(b"gone", status=410), {"range": "bytes=1-"})
    assert reply.status == 410
    assert [name for name, _ in reply.headers] == ["Content-Type", "Content-Length"]
