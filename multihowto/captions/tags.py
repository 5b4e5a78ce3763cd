"""Markup within a caption's text: a closed list of tags, and entities.

The tags are those that WebVTT, SRT, TTML, ASS and YouTube's files use; `<Enter>`, `vector<int>` and `a<b and c>d`
are text.
"""

import html
import re

_VALUE = r"""(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+)"""
_END = rf"(?:\s*\.[^\s<>]*)?(?:\s+[\w:-]+\s*=\s*{_VALUE})*\s*/?>"
_TAG = re.compile(
    rf"</?(?:[biuscp]|(?i:em|strong|ruby|rb|rt|rp|br)){_END}"
    r"|(?<!\w)<(?:v|lang)(?:\.[^\s<>]*)?(?:\s[^<>]*)?>|</(?:v|lang)\s*>"
    r"|</?(?i:font|span)(?:[.\s][^<>]*)?>"
    r"|<\d+:[\d:.,]+>|\{\\[^{}]*\}"
)
_OLD_TAG = re.compile("</?[BIUS]>")
"""Also a key (`press <S>`): a tag only where one of them is closed."""
_LINE_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def strip_tags(text: str) -> str:
    """The text without tags; `<br>` is a line break, and a `<` that opens no tag stays (`I <3 it`)."""
    if "<" not in text and "{" not in text:
        return text
    if "</" in text:
        text = _OLD_TAG.sub("", text)
    return _TAG.sub("", _LINE_TAG.sub("\n", text))


def resolve(text: str) -> str:
    """The text with its entities resolved once."""
    return _ENTITY.sub(lambda found: html.unescape(found.group()), text) if "&" in text else text


def unescape(text: str) -> str:
    """The text with entities resolved once; tags that come to light (`&lt;i&gt;`) go."""
    return strip_tags(resolve(text)) if "&" in text else text
