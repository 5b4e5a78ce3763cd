"""Lines that are about the channel or the subtitles, not about the video: credits, requests to subscribe, sponsors.

Only a whole line or sentence counts: `Subscribe and add two eggs` stays. A credit needs a name behind it, a handle, an
address or nothing: `Untertitel: weiß` and `Přeložil papír` stay. The phrases are our own collection, of forms that
uploaders and subtitlers use; a language that is not here keeps its lines.
"""

import re
from typing import Final

from .plain import join

_LONGEST = 150
_REQUESTS: Final = {
    "en": (
        r"(?:please |so |and |also |don't forget to |be sure to |make sure (?:to |you )|remember to "
        r"|if you (?:like|liked|enjoyed) (?:this|the) video,? |(?:hit |give )?(?:this video )?(?:a |the )?"
        r"(?:like|thumbs up|comment|share)(?: button)?(?: (?:this|the) video)?,? )*"
        r"subscribe(?: (?:to )?(?:my |our |this |the )?(?:youtube )?channel| now| below| for more(?: videos)?)?"
        r"(?:(?: and|,) (?:like|share|comment|leave a comment|see you next time|turn on (?:the )?notifications"
        r"|(?:hit|click|press|ring|tap|smash) (?:on )?the (?:notification )?bell(?: icon| button)?))*",
        r"(?:thanks|thank you)(?: (?:so|very) much| all)? for watching(?: (?:this|my|our) videos?)?",
        r"subtitles by the (?:amara\.org )?community",
        r"(?:this|today['’]s) (?:video|episode) (?:is|was) (?:sponsored|brought to you) by \w+",
    ),
    "de": (
        r"(?:(?:bitte|vergesst nicht,?|vergiss nicht,?) )?abonnier(?:t|en sie|e)"
        r"(?: (?:jetzt|doch|gerne|meinen|unseren|diesen|den))*(?: kanal)?",
        r"(?:vielen )?dank(?:e)? (?:fürs|für das|für’s|für's) (?:zuschauen|zusehen)",
        r"untertitel der amara\.org-community",
    ),
    "fr": (
        r"(?:n['’]oubliez pas de (?:vous )?)?abonne(?:z-vous|r)(?: à (?:ma|notre|la) cha[iî]ne)?",
        r"merci d['’]avoir regardé(?: (?:cette|ma|notre|la) vidéo| jusqu['’]au bout)?",
        r"sous-titrage st['’] ?\d{3}",
    ),
    "ru": (
        r"(?:не забудьте |не забывайте |и |пожалуйста,? |ставьте лайк(?:и)?(?: и|,) )*"
        r"подпи(?:сывайтесь|шитесь|саться)(?: на (?:мой |наш |этот )?канал)?(?: и ставьте лайки)?",
        r"спасибо за просмотр",
    ),
    "es": (
        r"[¡]?(?:no (?:olvides|olviden|te olvides de) |por favor,? |dale (?:a )?like y )*"
        r"suscríb(?:ete|anse|irte|irse)(?: (?:al|a mi|a nuestro|a este) canal)?",
        r"[¡]?(?:muchas )?gracias por ver(?: (?:el|este|mi) v[ií]deo)?",
    ),
    "cs": (
        r"(?:nezapomeňte |prosím,? )*odebír(?:ejte|at)(?: (?:můj|náš|tento|tenhle))? kanál",
        r"děkuj(?:i|eme) za (?:sledování|zhlédnutí|pozornost)",
    ),
    "sw": (
        r"(?:usisahau |tafadhali,? )*(?:ku)?subscribe(?: (?:kwenye|katika) (?:chaneli|channel)(?: \w+)?)?",
        r"(?:usisahau |tafadhali,? )*(?:ku)?jisajili (?:kwenye|katika) (?:chaneli|channel)(?: (?:yangu|yetu|hii))?",
        r"asante(?:ni)? (?:sana )?kwa kutazama(?: video (?:hii|yangu))?",
    ),
    "zh": (
        r"(?:请|請|记得|記得|欢迎|歡迎|别忘了|別忘了|不要忘了|点赞|點讚|按赞|按讚|，|、|和|并|並)+(?:订阅|訂閱)"
        r"(?:(?:我|我们|我們|本)?的?(?:频道|頻道))?(?:[，、和并並]?(?:点赞|點讚|分享|转发|轉發|打开小铃铛|開啟小鈴鐺))*",
        r"(?:订阅|訂閱)(?:我|我们|我們|本)?的?(?:频道|頻道)",
        r"(?:谢谢|謝謝|感谢|感謝)(?:大家|您|你们|你們)?的?(?:观看|觀看|收看)",
    ),
    "vi": (
        r"(?:hãy |nhớ |đừng quên |các bạn |vui lòng |like và )*đăng ký(?: (?:kênh|theo dõi))+"
        r"(?: của (?:mình|tôi|chúng tôi))?(?: để ủng hộ(?: kênh| mình| chúng tôi)?"
        r"| để không bỏ lỡ (?:những )?video(?: mới| hấp dẫn)?)?(?: nhé)?",
        r"(?:xin )?cảm ơn(?: các bạn| bạn| mọi người)? đã (?:xem|theo dõi)(?: (?:video|kênh))?"
        r"(?: (?:này|của mình|của tôi|của chúng tôi))?(?: nhé| và hẹn gặp lại)?",
    ),
}
_CREDITS: Final = (
    r"(?:english )?(?:sub ?titles?|(?:closed )?captions?|transcripts?|translations?)(?: \w+)? by",
    r"(?:subtitled|captioned|transcribed|translated)(?: and \w+)? by|(?:synchroni[sz]ed|synced) (?:and|&) \w+ by",
    r"(?:this|today's) (?:video|episode) (?:is|was) (?:sponsored|brought to you) by",
    r"untertitel(?:ung)?(?: \w+)?(?: von| im auftrag)|untertitel(?:ung)? des(?= (?:zdf|wdr|ndr|br|swr|mdr|orf|srf)\b)",
    r"übersetz(?:t|ung) von",
    r"sous-titr(?:es?|age)(?: réalisés?| faits?)? par|sous-titrage(?: ?:)?|traduit par",
    r"субтитры(?: \w+)?(?: от| сделал| делал| создавал| подогнал| подготовил)а?|редактор субтитров",
    r"перевод(?: и субтитры)?(?: сделал| подготовил| выполнил)а?",
    r"subt[ií]tul(?:os|ado)(?: realizados| hechos| creados)? por|traducido por",
    r"titulky(?: vytvořil| přeložil| upravil)a?|přeložila?",
    r"(?:manukuu|tafsiri)(?: \w+)? na",
    r"(?:phụ đề|người dịch|vietsub)(?: \w+)?(?: bởi| được thực hiện bởi)",
)
_LABELS: Final = (
    r"(?:sub ?titles?|captions?|untertitel|sous-titres?|субтитры|subt[ií]tulos|titulky|manukuu|phụ đề|vietsub"
    r"|übersetzung|traduction|перевод|traducción|překlad|tafsiri|người dịch|dịch|字幕|翻译|翻譯) ?[:：]"
)
"""Settings and headings have these too (`Untertitel: Farbe`), so a credit needs a handle or a community behind it."""
_HAN_CREDIT = (
    r"(?:中文)?字幕(?:由.{1,20}(?:提供|制作|製作|翻译|翻譯)|(?:志愿者|志願者) .{1,10}"
    r"|(?:制作|製作|[:：]).{0,20}字幕[组組])|(?:校对|校對)[:：]\w{1,12}"
)
_END = r"[\s.!…。！~♥❤]*"
_ANY_REQUEST = "|".join(one for some in _REQUESTS.values() for one in some)
_ANY_CREDIT = rf"(?:{'|'.join(_CREDITS)})(?!\w)|({_LABELS})"
_BEGIN = re.compile(rf"{_ANY_REQUEST}|{_ANY_CREDIT}|{_HAN_CREDIT}")
"""Says no to nearly all lines, in one go."""
_REQUEST = re.compile(rf"(?:{_ANY_REQUEST}){_END}")
_CREDIT = re.compile(_ANY_CREDIT)
_HAN = re.compile(rf"(?:{_HAN_CREDIT}){_END}")
_STOP = re.compile("[.!?…。！？].")
_SENTENCE = re.compile(r"(?<=[.!?…])(?<!\d\.)\s+|(?<=[。！？])")
_SMALL = (
    "the|a|of|and|for|team|der|die|das|des|dem|von|und|für|funk|par|le|la|les|de|du|et|pour|el|los|y|por|del|para|и"
    "|для|pro|za|na|và|của|@|&|–|-|/"
)
_COMMUNITY = "community|communauté|comunidad|komunita|komunity|сообщество|сообществом"
_SMALL_WORDS: Final = frozenset(_SMALL.split("|"))
_COMMUNITIES: Final = frozenset(_COMMUNITY.split("|"))
_MARKS = " \t.,:;!…。！~♥❤()\"“”'’"
_MOST_WORDS = 8
_YEAR = re.compile(r"(?:19|20)\d\d")


def is_boilerplate(line: str) -> bool:
    """Whether a line is nothing but a credit, a request to subscribe, thanks for watching, or a sponsor's name."""
    small = line.lower()
    return _BEGIN.match(small) is not None and (_is_request(small) or _is_credit(line, small))


def _is_request(small: str) -> bool:
    return len(small) <= _LONGEST and _REQUEST.fullmatch(small) is not None


def _is_credit(line: str, small: str) -> bool:
    if len(small) > _LONGEST or len(small) != len(line):
        return False
    if _HAN.fullmatch(small):
        return True
    found = _CREDIT.match(small)
    if found is None:
        return False
    rest = line[found.end() :]
    return _is_handle(rest) if found[1] else not rest.strip(_MARKS) or _is_name(rest)


def without_boilerplate(lines: list[str]) -> list[str]:
    """The lines without those that are boilerplate, and without sentences that are requests.

    A line that goes on in small letters is no sentence (`Subscribe` above `and add two eggs`); a request may take
    several lines.
    """
    if len(lines) > 1 and _is_request(" ".join(lines).lower()):
        return []
    kept = []
    for number, line in enumerate(lines):
        if _goes_on(lines, number) or (number and _goes_on(lines, number - 1)):
            kept.append(line)
        elif not is_boilerplate(line):
            kept.append(_without_requests(line))
    return [line for line in kept if line]


def _goes_on(lines: list[str], number: int) -> bool:
    """Whether the next line goes on with the sentence of this one."""
    return (
        number + 1 < len(lines) and lines[number + 1][0].islower() and lines[number][-1] not in ".!?…。！？"
    )


def _without_requests(line: str) -> str:
    """The line without those of its sentences that are requests."""
    if _STOP.search(line) is None:
        return line
    sentences = _SENTENCE.split(line)
    kept = [sentence for sentence in sentences if not _is_request(sentence.lower())]
    return join(kept) if len(kept) < len(sentences) else line


def _is_name(rest: str) -> bool:
    """Whether words are names, with small words between them: no others, and no number but a year."""
    words = [word for word in (word.strip(_MARKS) for word in rest.split()) if word]
    names = [word for word in words if word.lower() not in _SMALL_WORDS and not _YEAR.fullmatch(word)]
    return 0 < len(names) <= len(words) <= _MOST_WORDS and all(map(_begins_as_name, names))


def _begins_as_name(word: str) -> bool:
    """Whether a word has a capital, is a handle, a community, or of a script without capitals."""
    begins = word[0].isupper() or (word[0].isalpha() and word.lower() == word.upper())
    return begins or word[0] == "@" or word.lower() in _COMMUNITIES


def _is_handle(rest: str) -> bool:
    words = rest.split()
    return bool(words) and (words[0].startswith("@") or words[-1].strip(_MARKS).lower() in _COMMUNITIES)
