"""Lines that are about the channel or the subtitles, not about the video: credits, requests to subscribe, sponsors.

A line counts only as a whole: the same words within a longer sentence stay. The phrases are our own collection, of
forms that uploaders and subtitlers use; a language that is not here keeps its lines.
"""

import re
from typing import Final

_LONGEST = 150
_REST = r"[^.!?。！？]{0,60}"
_PHRASES: Final = {
    "en": (
        r"(?:english )?(?:sub ?titles?|(?:closed )?captions?|transcript(?:ion|s)?|translations?)(?: \w+)? by\b"
        + _REST,
        r"(?:subtitled|captioned|transcribed|translated|synchroni[sz]ed|synced)(?: and \w+)? by\b" + _REST,
        r"(?:please |so |and |also |don't forget to |be sure to |make sure (?:to |you )|remember to "
        r"|if you (?:like|liked|enjoyed) (?:this|the) video,? |like,? |comment,? |share,? )*"
        r"subscribe(?: (?:to )?(?:my |our |this |the )?(?:youtube )?channel| now| below| for more(?: videos)?)?"
        r"(?: and .{0,40})?",
        r"(?:this|today's) (?:video|episode) (?:is|was) (?:sponsored|brought to you) by .{1,60}",
        r"thank(?:s| you)(?: so much| all)? for watching(?: (?:this|my|our) video)?",
    ),
    "de": (
        r"untertitel(?:ung)?(?:(?: \w+)?(?: von\b|:| im auftrag\b)| der amara.org)" + _REST,
        r"übersetz(?:t|ung)(?: von|:)\b" + _REST,
        r"(?:bitte )?abonnier(?:t|en sie|e)(?: (?:jetzt|doch|meinen|unseren|diesen|den))*(?: kanal)?",
        r"danke (?:fürs|für das) zuschauen",
    ),
    "fr": (
        r"sous-titr(?:es?|age)(?: réalisés?| faits?)?(?: par| ?:)" + _REST,
        r"traduit par\b" + _REST,
        r"(?:n'oubliez pas de )?(?:vous )?abonne(?:z-vous|r)(?: à (?:ma|notre|la) cha[iî]ne)?",
        r"merci d'avoir regardé(?: .{0,40})?",
    ),
    "ru": (
        r"(?:субтитры|перевод)(?: \w+)?(?: от\b| by\b|:| сделал| создавал| подогнал| подготовил)" + _REST,
        r"редактор субтитров\b" + _REST,
        r"(?:не забудьте |и |пожалуйста,? )*подпи(?:сывайтесь|шитесь|саться)(?: на (?:мой |наш |этот )?канал)?",
        r"спасибо за просмотр",
    ),
    "es": (
        r"subt[ií]tul(?:os|ado)(?: realizados| hechos| creados)?(?: por\b|:)" + _REST,
        r"traducido por\b" + _REST,
        r"(?:no olvides |por favor,? )*suscr[ií]b(?:ete|anse|irte)(?: (?:al|a mi|a nuestro|a este) canal)?",
        r"gracias por ver(?: (?:el|este) v[ií]deo)?",
    ),
    "cs": (
        r"titulky(?: vytvořila?| přeložila?| upravila?|:)" + _REST,
        r"přeložila?\b" + _REST,
        r"(?:nezapomeňte |prosím,? )*odebír(?:ejte|at)(?: (?:můj|náš|tento))?(?: kanál)?",
        r"děkuj(?:i|eme) za (?:sledování|zhlédnutí)",
    ),
    "sw": (
        r"(?:manukuu|tafsiri)(?: \w+)?(?: na\b|:)" + _REST,
        r"(?:usisahau |tafadhali,? )*(?:ku)?(?:subscribe|jisajili)(?: (?:kwenye|katika) \w+(?: \w+)?)?",
        r"asante(?:ni)? kwa kutazama",
    ),
    "zh": (
        r"(?:中文)?(?:字幕|翻译|翻譯|校对|校對)(?:由|：|:|制作|製作|志愿者|志願者|组|組)" + _REST,
        r"(?:请|請|记得|記得|欢迎|歡迎|别忘了|別忘了|点赞|點讚|按赞|按讚|，|、|和|并|並)*(?:订阅|訂閱)"
        r"(?:我|我们|我們|本)?(?:的)?(?:频道|頻道)?",
        r"(?:谢谢|謝謝|感谢|感謝)(?:大家|您|你们|你們)?(?:的)?(?:观看|觀看|收看)",
    ),
    "vi": (
        r"(?:phụ đề|người dịch|vietsub)(?: \w+)?(?: bởi\b|:| được thực hiện bởi\b)" + _REST,
        r"(?:hãy |nhớ |đừng quên |các bạn |vui lòng )*đăng ký(?: (?:kênh|theo dõi))+(?: (?:của|để) .{0,40})?",
        r"cảm ơn(?: các bạn| bạn)? đã (?:xem|theo dõi)(?: (?:video|kênh))?(?: .{0,20})?",
    ),
}
_ALL = "|".join(phrase for phrases in _PHRASES.values() for phrase in phrases)
_LINE = re.compile(rf"(?:{_ALL})[\s.!…。！~♥❤]*")


def is_boilerplate(line: str) -> bool:
    """Whether a line is nothing but a credit, a request to subscribe, thanks for watching, or a sponsor's name."""
    return len(line) <= _LONGEST and _LINE.fullmatch(line.lower()) is not None
