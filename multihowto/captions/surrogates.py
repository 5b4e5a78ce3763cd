"""Halves of characters (surrogates), which no UTF-8 holds: neither Arrow, nor Parquet, nor a file."""


def without_surrogates(text: str) -> str:
    """The text with two halves of a character as that character, and a half alone as U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
