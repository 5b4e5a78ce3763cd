"""The page as text: nothing from outside gets out of its place, and nothing is fetched."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from multihowto.errors import ConfigError
from multihowto.report.labels import json_for_page, shown, web_url
from multihowto.report.page import page
from multihowto.storage import Store
from report.conftest import MEDIA_BYTES
from report.hostile import CHINESE, LONG, MODEL_LICENSE

MARKUP = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(")
NETWORK = ("fetch(", "XMLHttp", "WebSocket", "EventSource", "sendBeacon", "import(")
FETCHING = ("src", "srcset", "poster", "background", "action", "formaction", "ping", "manifest")


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.raw.append((self.cdata_elem, data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def data_of(text: str) -> Any:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


def test_scripts_and_styles_are_ours_alone(hostile_page: str) -> None:
    parsed = Elements(hostile_page)
    assert len(parsed.named("script")) == 2
    assert len(parsed.named("style")) == 1
    others = {"iframe", "object", "embed", "base", "form", "img", "b"}
    assert not others & {name for name, _ in parsed.found}
    attributes = [name for _, named in parsed.found for name in named]
    assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_nothing_is_fetched(hostile_page: str) -> None:
    parsed = Elements(hostile_page)
    assert not [one for _, attributes in parsed.found for one in FETCHING if attributes.get(one)]
    links = [link for tag, link in parsed.found if tag == "link"]
    assert links == [{"rel": "icon", "href": "data:,"}]
    anchors = [anchor["href"] or "" for anchor in parsed.named("a")]
    assert anchors
    assert all(href.startswith("#") for href in anchors)
    [style] = [text for tag, text in parsed.raw if tag == "style"]
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_names_the_style_and_the_script_and_no_other(hostile_page: str) -> None:
    parsed = Elements(hostile_page)
    [policy] = [
        meta["content"] or ""
        for meta in parsed.named("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    texts = re.findall(r"<style>(.*?)</style>|<script>(.*?)</script>", hostile_page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256("".join(one).encode()).digest()).decode() for one in texts]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
    )


def test_the_navigation_leads_to_every_section_and_nowhere_else(hostile_page: str, tmp_path: Path) -> None:
    empty = Store(str(tmp_path / "empty"))
    empty.create("toy", 2, ["sources", "videos"])
    for text, has_tracks in ((hostile_page, True), (page(empty, 0, MEDIA_BYTES), False)):
        parsed = Elements(text)
        [bar] = re.findall(r'<nav class="bar".*?</nav>', text, re.DOTALL)
        sections = [section["id"] for section in parsed.named("section")]
        assert [(link["href"] or "")[1:] for link in Elements(bar).named("a")] == sections
        assert ("tracks" in sections) == has_tracks


def test_the_language_matrix_says_that_captions_are_judged_in_their_track(hostile_page: str) -> None:
    assert "Each caption, given its track" in hostile_page
    assert "judged alone" not in hostile_page


def test_the_script_builds_no_markup_from_text() -> None:
    import multihowto.report

    script = (Path(multihowto.report.__file__).parent / "page.js").read_text(encoding="utf-8")
    for word in (*MARKUP, *NETWORK):
        assert word not in script


def test_every_template_is_escaped() -> None:
    import multihowto.report

    for path in Path(multihowto.report.__file__).parent.glob("*.j2"):
        text = path.read_text(encoding="utf-8")
        assert "| safe" not in text
        assert "autoescape" not in text


def test_hostile_texts_arrive_whole_and_harmless(hostile_page: str) -> None:
    data = data_of(hostile_page)
    video = next(one for one in data["videos"] if "alert('title')" in one["title"])
    assert video["title"].startswith("</script><script>")
    assert video["title"].endswith(r"& \u202egnp.exe")
    assert video["url"] == ""
    assert video["license"] == "CC <BY> 4.0"
    said = {caption["language"]: caption for caption in video["clips"][0]["captions"]}
    assert said["de"]["text"] == LONG
    assert said["de"]["origin"] == "asr"
    assert said["zh"]["text"] == CHINESE
    assert said["fr"]["text"] == r"safe \u202edlrow\u2066 \u200fend"
    assert r"<script>alert('caption')</script> " in said["en"]["text"]
    machine = [
        one for clip in video["clips"] for one in clip["captions"] if one["origin"] == "machine_translated"
    ]
    assert {one["modelLicense"] for one in machine} <= {MODEL_LICENSE}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        (None, ""),
        ("a\u202eb\u2069c", r"a\u202eb\u2069c"),
        ("bell\x07", r"bell\u0007"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
        ("Tiếng Việt 中文", "Tiếng Việt 中文"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_text_from_outside_is_shown_not_obeyed(text: str | None, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b", "https://example.org/a?b"),
        ("http://example.org", "http://example.org"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        (" https://example.org", ""),
        (None, ""),
    ],
)
def test_only_web_links_are_links(url: str | None, expected: str) -> None:
    assert web_url(url) == expected


def test_json_cannot_leave_its_element() -> None:
    value = {"</script>": ["<!--", "&lt;", "\u2028\u2029"]}
    text = json_for_page(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value


def test_equal_stores_and_seeds_give_equal_pages(hostile: Store, hostile_page: str) -> None:
    assert page(hostile, 0, MEDIA_BYTES) == hostile_page


def test_a_store_without_tables_has_a_page_that_says_what_to_do(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "empty"))
    store.create("toy", 2, ["sources", "videos"])
    text = page(store, 0, MEDIA_BYTES)
    for words in ("multihowto build", "multihowto train", "multihowto evaluate"):
        assert f"<code>{words}</code>" in text
    assert data_of(text)["videos"] == []


def test_no_store_no_page(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no store"):
        page(Store(str(tmp_path)), 0, MEDIA_BYTES)


def test_the_page_says_nothing_of_this_machine(hostile: Store, hostile_page: str) -> None:
    assert hostile.files.local is not None
    assert str(hostile.files.local.parent) not in hostile_page
