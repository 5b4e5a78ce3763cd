import pytest

from multihowto.captions.encodings import decode_caption, decode_file

TEXTS = {
    "de": "Wir rühren das Mehl für den Teig und geben die Eier dazu. "
    "Das ist nicht schwer, für mich nicht. Die Schüssel ist groß.",
    "fr": "Nous mélangeons la farine et le sucre dans un bol. "
    "C'est très facile, et je vous montre le reste de la pâte à crêpes.",
    "es": "Mezclamos la harina con el azúcar en un tazón. No es difícil, "
    "y por eso lo hacemos así: una pizca de sal, por favor, señor.",
    "cs": "Smícháme mouku a cukr, a pak to dáme do trouby. "
    "Je to jednoduché, ale musíte na to jít pomalu, tak se na to podívejte, že ano.",
    "ru": "Мы смешаем муку и сахар в миске. Это не сложно, "
    "но я покажу вам, как это сделать, и что у вас все получится.",
    "vi": "Chúng ta trộn bột và đường trong một cái tô. Không có gì khó, "
    "tôi sẽ làm cho bạn xem và các bạn đã có bánh, là được.",
    "zh": "我们把面粉和糖放在一个碗里。这不是很难，我会给你看。你要把水倒在上面，就是这样的。",
}
ENCODINGS = {"de": "cp1252", "fr": "cp1252", "es": "cp1252", "cs": "cp1250", "ru": "cp1251", "zh": "gb18030"}
TRADITIONAL = "我們把麵粉和糖放在一個碗裡。這不是很難，我會給你看。你要把水倒在上面，就是這樣的。"


def srt(text: str) -> str:
    return f"1\n00:00:01,000 --> 00:00:09,000\n{text}\n"


def vietnamese(text: str) -> bytes:
    """In windows-1258: a letter with its hat, then the tone as a mark of its own."""
    import unicodedata

    tones = "\u0300\u0301\u0303\u0309\u0323"
    out = []
    for character in text:
        apart = unicodedata.normalize("NFD", character)
        tone = next((mark for mark in apart if mark in tones), "")
        out.append(unicodedata.normalize("NFC", apart.replace(tone, "") if tone else apart) + tone)
    return "".join(out).encode("cp1258")


BYTES = {code: srt(TEXTS[code]).encode(encoding) for code, encoding in ENCODINGS.items()}
BYTES["vi"] = vietnamese(srt(TEXTS["vi"]))


@pytest.mark.parametrize("code", TEXTS)
def test_old_encodings_of_local_files_are_found_out(code: str) -> None:
    assert decode_file(BYTES[code]) == srt(TEXTS[code])
    assert decode_file(BYTES[code], language=code) == srt(TEXTS[code])
    assert decode_caption(BYTES[code], None) is None


def test_traditional_chinese() -> None:
    assert decode_file(srt(TRADITIONAL).encode("big5"), language="zh") == srt(TRADITIONAL)


@pytest.mark.parametrize("code", TEXTS)
def test_another_language_is_never_a_readable_lie(code: str) -> None:
    for other in TEXTS:
        found = decode_file(BYTES[code], language=other)
        assert found in (None, srt(TEXTS[code]))
    assert decode_file(BYTES[code], language="en") is None


def test_what_is_not_clear_stays_unread() -> None:
    assert decode_file(srt("é").encode("cp1252")) is None
    assert decode_file(srt(TEXTS["ru"]).encode("koi8-r")) is None
    assert decode_file(srt(TEXTS["ru"]).encode("cp866")) is None
    vtt = b"WEBVTT\n\n" + srt(TEXTS["de"]).replace(",", ".").encode("cp1252")
    assert decode_file(vtt) is None
    assert decode_file(BYTES["de"], charset="utf-8") is None


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_unicode_with_and_without_a_mark(encoding: str) -> None:
    assert decode_file(srt(TEXTS["zh"]).encode(encoding)) == srt(TEXTS["zh"])


def test_a_declared_charset_is_used() -> None:
    assert decode_file("é".encode("cp1252"), charset="windows-1252") == "é"
