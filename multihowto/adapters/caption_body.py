"""From the bytes of a caption file to its text."""

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_caption(data: bytes, charset: str | None) -> str | None:
    """The text by its byte order mark, as UTF-8, or in the charset that the server declares; else None.

    Nothing is guessed: a Russian file read as Western European would be a readable lie.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding)
    text = _strict(data, "utf-8")
    return text if text is not None or not charset else _strict(data, charset)


def _strict(data: bytes, encoding: str) -> str | None:
    """The decoded text, or None if a byte does not fit or the encoding is unknown or no text encoding."""
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError):
        return None
    return None if "\x00" in text else text
