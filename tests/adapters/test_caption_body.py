"""Bytes to text, nothing guessed."""

import pytest

from multihowto.adapters.caption_body import decode_caption


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("é".encode(), None, "é"),
        ("é".encode(), "latin-1", "é"),
        (b"\xef\xbb\xbfa", None, "a"),
        ("é".encode("latin-1"), "iso-8859-1", "é"),
        ("да".encode("cp1251"), "windows-1251", "да"),
        ("é".encode("latin-1"), None, None),
        ("aé".encode("utf-16"), None, "aé"),
        (b"\xfe\xff" + "aé".encode("utf-16-be"), None, "aé"),
        (b"\xff\xfe\x00", None, None),
        (b"\xff", "rot13", None),
        (b"\xff", "no-such-charset", None),
        (b"a\x00b", None, None),
        (b"", None, ""),
    ],
)
def test_decoding(data: bytes, charset: str | None, text: str | None) -> None:
    assert decode_caption(data, charset) == text
