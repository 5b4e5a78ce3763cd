"""Who speaks, as captions mark it: `>>`, dashes, and names before a colon that are not headings of a recipe."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from .tags import strip_tags, unescape

_TURN = re.compile(r"^>{2,}\s*|(?<=[.!?…。！？♪])\s*>{2,}\s*(?=[^\W\d_])")
_DASH = re.compile(
    r"(?:[-‐‑‒–—―−]+(?:\s+|$)|[‒–—―]|[-‐‑−](?=[^\x00-\x7f]|[\"']?[A-Z][\w']))(?!\s*(?:[.,]?\d|[½¼¾⅓⅔⅛]))"
)
_SURE_ROLES: Final = (
    "man|woman|boy|girl|narrator|interviewer|mann|frau|sprecher(?:in)?|erzähler(?:in)?|homme|femme|narrateur"
    "|narratrice|voix off|мужчина|женщина|диктор|ведущ(?:ий|ая)|рассказчик|hombre|mujer|narradora?|locutora?"
    "|presentadora?|muž|žena|vypravěč(?:ka)?|moderátor(?:ka)?|mwanaume|mwanamke|msimulizi|mtangazaji|người dẫn"
    "|主持人|旁白|记者|記者|解说|解說|讲解员|講解員"
)
_ROLES: Final = "speaker|host|reporter|voice-?over|nam|nữ|男|女"
"""They are other things too (a speaker has wires), so they must come as names must."""
_COLON = r" ?(?::(?=\s|$|[^\x00-\x7f])|：)\s*"
_SURE = re.compile(rf"(?:(?:{_SURE_ROLES})(?: \d{{1,2}})?|speaker \d{{1,2}}){_COLON}", re.IGNORECASE)
_ROLE = re.compile(rf"({_ROLES}){_COLON}", re.IGNORECASE)
_CAPITALS = re.compile(rf"([^\W\d_][\w.'’-]{{1,19}}(?: [^\W\d_][\w.'’-]{{0,19}}){{0,2}}){_COLON}")
_UNITS = "kg|mg|lbs|oz|ml|cl|dl|mm|cm|km|tsp|tbsp|cups|кг|мл|см|мм|°c|克|公斤|毫升|升|厘米|毫米"
_ABOUT = r"ca\.?|circa|etwa|about|approx\.?|around|environ|около|примерно|asi|cca|aproximadamente|karibu|khoảng|约|約"
_AMOUNT = re.compile(
    rf"(?:(?:{_ABOUT})\s*)?[~≈<>=±+−–-]?\s*[\d½¼¾⅓⅔⅛$€£¥₽#°]|(?:{_UNITS})(?!\w)", re.IGNORECASE
)
_HEADINGS: Final = (
    "NOTE|NOTES|TIP|TIPS|STEP|STEPS|WARNING|CAUTION|IMPORTANT|HINT|INGREDIENTS|TOOLS|MATERIALS|DIY|FAQ|PS|NB|ADD|MIX"
    "|STIR|CUT|BAKE|SALT|SUGAR|FLOUR|WATER|OIL|BUTTER|EGG|EGGS|MILK|DOUGH|SAUCE|PEPPER|YEAST|GARLIC|TIME|TEMPERATURE"
    "|TEMP|OVEN|SIZE|COLOR|COLOUR|LENGTH|WIDTH|HEIGHT|WEIGHT|SPEED|PRICE|COST|TOTAL|RESULT|PROBLEM|SOLUTION|QUESTION"
    "|ANSWER|EXAMPLE|OPTION|OPTIONAL|LEFT|RIGHT|TOP|BOTTOM|FRONT|BACK|BEFORE|AFTER|FIRST|SECOND|THIRD|LAST|NEXT"
    "|FINALLY|PRO|PROS|CON|CONS|PART|CHAPTER|ROW|ROUND|PH|RED|BLUE|GREEN|BLACK|WHITE|YELLOW|ON|OFF|YES|NO|FILE|MENU"
    "|KEY|PORT|SERVER|USER|PASSWORD|NAME|ADDRESS|ERROR|HTTP|HTTPS|URL|USB|CPU|RAM|GPU|SERVES|YIELD|DOS|DON'TS"
    "|TIPP|TIPPS|ACHTUNG|HINWEIS|WICHTIG|ZUTATEN|SCHRITT|SALZ|ZUCKER|MEHL|WASSER|ÖL|EI|EIER|MILCH|TEIG|SOSSE|SOẞE"
    "|HEFE|ZEIT|OFEN|TEMPERATUR|GRÖSSE|LÄNGE|BREITE|HÖHE|FARBE|LINKS|RECHTS|OBEN|UNTEN|VORHER|NACHHER|FRAGE|ANTWORT"
    "|BEISPIEL|TEIL|REIHE|RUNDE|WERKZEUG|MATERIAL|NOTA|NOTAS|CONSEIL|CONSEILS|ASTUCE|INGRÉDIENTS|ÉTAPE|SEL|SUCRE"
    "|FARINE|EAU|HUILE|BEURRE|ŒUF|ŒUFS|LAIT|PÂTE|LEVURE|TEMPS|FOUR|TAILLE|COULEUR|LONGUEUR|LARGEUR|HAUTEUR|EXEMPLE"
    "|QUESTION|RÉPONSE|AVANT|APRÈS|RANG|ВНИМАНИЕ|СОВЕТ|ВАЖНО|ШАГ|ИНГРЕДИЕНТЫ|СОЛЬ|САХАР|МУКА|ВОДА|МАСЛО|ЯЙЦО|ЯЙЦА"
    "|МОЛОКО|ТЕСТО|СОУС|ДРОЖЖИ|ВРЕМЯ|ДУХОВКА|ТЕМПЕРАТУРА|РАЗМЕР|ЦВЕТ|ДЛИНА|ШИРИНА|ВЫСОТА|ПРИМЕР|ВОПРОС|ОТВЕТ|ИТОГО"
    "|РЯД|ДО|ПОСЛЕ|ПРИМЕЧАНИЕ|CONSEJO|CONSEJOS|PASO|INGREDIENTES|SAL|AZÚCAR|HARINA|AGUA|ACEITE|MANTEQUILLA|HUEVO"
    "|HUEVOS|LECHE|MASA|LEVADURA|TIEMPO|HORNO|TAMAÑO|LARGO|ANCHO|ALTO|EJEMPLO|PREGUNTA|RESPUESTA|ANTES|DESPUÉS"
    "|IMPORTANTE|ATENCIÓN|VUELTA|POZOR|TIPY|KROK|SUROVINY|SŮL|CUKR|MOUKA|VODA|OLEJ|MÁSLO|VEJCE|MLÉKO|TĚSTO|DROŽDÍ"
    "|ČAS|TROUBA|TEPLOTA|VELIKOST|BARVA|DÉLKA|ŠÍŘKA|VÝŠKA|PŘÍKLAD|OTÁZKA|ODPOVĚĎ|ŘADA|POZNÁMKA|HATUA|VIUNGO|CHUMVI"
    "|SUKARI|UNGA|MAJI|MAFUTA|SIAGI|MAYAI|MAZIWA|MUDA|JOTO|ONYO|KUMBUKA|MFANO|SWALI|JIBU|BƯỚC|NGUYÊN|LIỆU|LƯU|MUỐI"
    "|ĐƯỜNG|BỘT|NƯỚC|DẦU|BƠ|TRỨNG|SỮA|MEN|THỜI|GIAN|NHIỆT|ĐỘ|MẸO|CHÚ|VÍ|DỤ|HỎI|ĐÁP"
)
_NO_NAMES: Final = frozenset(_HEADINGS.split("|"))
_WORD = re.compile(r"\w+")


def names(texts: Sequence[str]) -> frozenset[str]:
    """The names that a track's texts, tags and all, have before a colon at least twice, casefolded.

    A word that the track also has in small letters is a heading (`SALT:`), no name.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        if ":" in text or "：" in text:
            for line in unescape(strip_tags(text)).split("\n"):
                bare = " ".join(line.split())
                found = _label(bare[_mark_end(bare) :])
                counts.update([found[1].casefold()] if found else [])
    twice = {name for name, count in counts.items() if count > 1}
    if not twice:
        return frozenset()
    small = {word for text in texts for word in _WORD.findall(text) if word.islower()}
    return frozenset(name for name in twice if small.isdisjoint(_WORD.findall(name)))


def without_speaker(line: str, known: frozenset[str], may_dash: bool = True) -> str:
    """A line of one space between words without marks of who speaks; `known` are the track's `names`.

    A name counts if it is known, or after `>>` or a dash; never before an amount (`SALT: 200 g`).
    """
    if ">>" in line:
        first, *turns = _TURN.split(line)
        return " ".join(filter(None, [_unmarked(first, known, may_dash), *map(_turned, turns)]))
    return _unmarked(line, known, may_dash)


def _turned(part: str) -> str:
    """What is said behind `>>`."""
    return _behind(_sure(part) or _label(part, may_shout=True), part)


def _unmarked(line: str, known: frozenset[str], may_dash: bool) -> str:
    dash = _DASH.match(line) if may_dash else None
    if dash is not None:
        bare = line[dash.end() :]
        return _behind(_sure(bare) or _label(bare), bare)
    if ":" not in line and "：" not in line:
        return line
    found = _label(line, may_shout=True)
    is_known = found is not None and found[1].casefold() in known
    return _behind(found if is_known else _sure(line), line)


def _behind(found: "re.Match[str] | None", line: str) -> str:
    return line[found.end() :] if found else line


def _mark_end(line: str) -> int:
    found = _TURN.match(line) or _DASH.match(line)
    return found.end() if found else 0


def _sure(line: str) -> "re.Match[str] | None":
    found = _SURE.match(line)
    return None if found is None or _AMOUNT.match(line, found.end()) else found


def _label(line: str, may_shout: bool = False) -> "re.Match[str] | None":
    """What may be a name, the first group, and its colon at the line's beginning; None before an amount.

    What follows a name has small letters, or no script with capitals, unless it may shout (`ADD: SALT`).
    """
    role = _ROLE.match(line)
    found = role or _CAPITALS.match(line)
    if found is None or _AMOUNT.match(line, found.end()):
        return None
    if role is None and not (found[1].isupper() and _NO_NAMES.isdisjoint(found[1].split())):
        return None
    return None if line[found.end() :].isupper() and not may_shout else found
