"""What a site calls a caption track, what we call it, and which of its tracks we take."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl

Kind = Literal["manual", "asr", "auto_translated"]

_OTHER_CODES = {
    "iw": "he", "in": "id", "ji": "yi", "cmn": "zh",
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "rus": "ru", "spa": "es",
    "ces": "cs", "cze": "cs", "swa": "sw", "swh": "sw", "zho": "zh", "chi": "zh", "vie": "vi",
}  # fmt: skip
"""Older and three-letter codes (ISO 639) of languages that have a two-letter one."""

_SIMPLIFIED_TAGS = frozenset({"hans", "cn", "sg", "my"})
_TRADITIONAL_TAGS = frozenset({"hant", "tw", "hk", "mo"})

TRIES = 3
"""Caption files that are asked for in one language, at most."""
_FORMATS_OF_ASR = ("json3", "vtt", "srv3", "srt")
_FORMATS = ("vtt", "srv3", "srt", "json3")

_SIMPLIFIED = frozenset(
    "这们来说时会对学国过为没还进样问间开关见觉让给点现实认识话请谢谁该应变动两从经结细线红绿级纸组终绝维"
    "网约统继续练绍长张场门闻闭阳阴队际陆险随难电灵静风飞饭饮饿馆马骑验惊鱼鲜鸟鸡鸭龙麦黄齐齿龟车轻转轮软"
    "输载较边达运连远选递迟违邮乡邻钟钱铁银错锅钢针钉锁镜贝负财贵买卖费资赛赶题页顶项顺须颜频类头发爱亲观"
    "视规觅计订记讲许论设访证评词试诉译误语读课调谈热烧灯炉烂爷猫独环画疗盐盖监码离称积稳穷笔简节药荣获虽"
    "虾补装裤总态忆恶怀扫护报择换损担拥数断旧显晓机权条标树桥楼检欢气汉汤泪洁测浓温湿满滚业东丝严临举义乐"
    "习书亚产亿仅优伤传伟体侧储儿兴写军农决况冻净减击刚创别则剂办务劳势单卫历压厅厉县双号员响听吗园围图圆"
    "块声处备复够夺奖妇妈孙宁宝审宽宾将尔尝层属岁岛币师带帮库庆废异弃弹强归当录彻么个无与专妆馈腻脑脸脚肤"
    "肠脏杂酱饺饼馅剥丢"
)
_TRADITIONAL = frozenset(
    "這們來說時會對學國過為沒還進樣問間開關見覺讓給點現實認識話請謝誰該應變動兩從經結細線紅綠級紙組終絕維"
    "網約統繼續練紹長張場門聞閉陽陰隊際陸險隨難電靈靜風飛飯飲餓館馬騎驗驚魚鮮鳥雞鴨龍麥黃齊齒龜車輕轉輪軟"
    "輸載較邊達運連遠選適遞遲違郵鄉鄰鐘錢鐵銀錯鍋鋼針釘鎖鏡貝負財貴買賣費資賽趕題頁頂項順須顏頻類頭發愛親"
    "觀視規覓計訂記講許論設訪證評詞試訴譯誤語讀課調談熱燒燈爐爛爺貓獨環畫療鹽蓋監碼確離種稱積穩窮筆簡節藥"
    "蘋榮獲雖蝦補裝褲總態憶惡願懷掃護報擇換損據擔擁掛數斷舊顯曉機權條極標樹橋樓檢歡氣漢湯淚潔測濃溫濕滿滾"
    "業東絲嚴豐臨舉義樂習書亞產億僅優傷傳偉體餘側儲兒興寫軍農決況凍淨減幾擊剛創別則劑辦務勞勢單衛歷壓廳厲"
    "縣雙號葉員響聽嗎鹹園圍圖圓塊壞聲處備復夠奪獎婦媽孫寧寶審寬賓將爾嘗層屬歲島幣師帶幫庫慶廢異棄彈強歸當"
    "錄徹後裡隻麼個無萬與專妝饋膩腦臉腳膚腸勝髒雜醬麵餃餅餡剝丟"
)


class Offer(NamedTuple):
    """One file of a caption track that a site offers: our language, the site's tag, our kind, its format."""

    language: str
    tag: str
    kind: str
    format: str
    url: str


def language_of(tag: str, known: Sequence[str]) -> str | None:
    """The one of our languages that a site's tag means; None for others and for `live_chat`.

    The longest beginning of the tag that is `known` counts, in any case: `zh-Hans` and `zh_TW` are zh,
    `es-419` es, `fr-abcDEF` (a named variant) fr, `en-orig` en; old and three-letter codes (`iw`, `deu`) too.
    """
    parts = _parts(tag)
    codes = {code.lower(): code for code in known}
    if parts[0] not in codes:
        parts[0] = _OTHER_CODES.get(parts[0], parts[0])
    for length in range(len(parts), 0, -1):
        code = codes.get("-".join(parts[:length]))
        if code is not None:
            return code
    return None


def kind_of(url: str, automatic: bool) -> Kind:
    """How a track was made, by its URL's query: `tlang=` is auto_translated, `kind=asr` is asr.

    A URL of YouTube's timedtext that says neither is manual, wherever it is listed: among the translations of a
    manual track is the track itself. Another is asr if the site lists it among its `automatic` captions.
    """
    bare, _, text = url.partition("#")[0].partition("?")
    query = dict(parse_qsl(text))
    if "tlang" in query:
        return "auto_translated"
    listed = automatic and not bare.endswith("/api/timedtext")
    return "asr" if listed or query.get("kind", "").lower() == "asr" else "manual"


def choose(offers: Sequence[Offer], kinds: Sequence[str]) -> list[Offer]:
    """What to ask for, by language: the best offer, then what to try when it fails, `TRIES` in all.

    Tracks go by `kinds` (in order of preference); among those of one kind the one whose tag is just the language
    is first, then simplified before traditional Chinese, then by tag. Of a track json3 if it is asr (it does not
    roll), else vtt, then srv3, srt; json3 is the last for other kinds. Only the best track is tried in a second
    format, and no URL twice. Kinds and formats that are not among these are passed over.
    """
    wanted = [offer for offer in offers if offer.kind in kinds and offer.format in _FORMATS]
    by_language: dict[str, list[Offer]] = {}
    for offer in sorted(wanted, key=lambda offer: _rank(offer, kinds)):
        by_language.setdefault(offer.language, []).append(offer)
    return [offer for language in sorted(by_language) for offer in _tries(by_language[language])]


def script_of_chinese(text: str) -> Literal["Hans", "Hant"] | None:
    """Simplified (Hans) or traditional (Hant), by which has more characters that the other does not use.

    None if both have as many, so for a text without any. The characters are those of some 370 frequent pairs,
    without those that the other script also uses (后, 里, 面).
    """
    simplified = sum(character in _SIMPLIFIED for character in text)
    traditional = sum(character in _TRADITIONAL for character in text)
    if simplified == traditional:
        return None
    return "Hans" if simplified > traditional else "Hant"


def _tries(ranked: Sequence[Offer]) -> list[Offer]:
    """The offers of one language that are tried, best first."""
    tries: list[Offer] = []
    doubles: set[tuple[str, str]] = set()  # a track under another tag, as en-orig is en
    for offer in ranked:
        track = (offer.tag, offer.kind)
        doubles |= {track} if any(offer.url == one.url for one in tries) else set()
        asked = [one.format for one in tries if (one.tag, one.kind) == track]
        most = 2 if not tries or tries[0][1:3] == track else 1
        if track not in doubles and offer.format not in asked and len(asked) < most:
            tries.append(offer)
    return tries[:TRIES]


def _rank(offer: Offer, kinds: Sequence[str]) -> tuple[int, bool, int, str, int, str]:
    formats = _FORMATS_OF_ASR if offer.kind == "asr" else _FORMATS
    plain = offer.tag.lower() == offer.language.lower()
    order = formats.index(offer.format)
    return kinds.index(offer.kind), not plain, _script_rank(offer.tag), offer.tag, order, offer.url


def _script_rank(tag: str) -> int:
    """0 for tags of simplified Chinese, 2 for traditional, 1 for those that do not say."""
    language, *subtags = _parts(tag)
    if language != "zh" or not _SIMPLIFIED_TAGS.isdisjoint(subtags):
        return 0
    return 2 if not _TRADITIONAL_TAGS.isdisjoint(subtags) else 1


def _parts(tag: str) -> list[str]:
    return re.split("[-_]", tag.strip().lower())
