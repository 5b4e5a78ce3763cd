"""Which brackets hold notes of sounds: closed lists in nine languages and more, so that `[Enter]` and `（加盐）` stay.

The lists are our own collection: the notes that YouTube's recognition writes, and those that subtitlers use. A word
that may name a key, a tool or a step (pause, click, beat, crack, door) is not enough by itself.
"""

import re
from typing import Final, Literal

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNIT = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+")
_SIGNS = "♩♪♫♬\U0001f3b5\U0001f3b6"
_SHAPE = re.compile(rf"[\w\s,.!…'’/&~*{_SIGNS}-]+")
_NO_WORD = re.compile(rf"\s*__\s*|[\s*]*[{_SIGNS}][\s*{_SIGNS}]*")
"""YouTube's mark of a swear word, or signs."""

Kind = Literal["sound", "thing", "sounds", "adds"]
"""`sound`: enough by itself; `thing` with `sounds` (door opens) is too; `adds`: may stand beside them."""

_LISTS: Final[tuple[tuple[Kind, str], ...]] = (
    (
        "sound",
        "music|applause|applauds|applauding|clapping|claps|laughter|laugh|laughs|laughing|chuckle|chuckles|chuckling"
        "|giggle|giggles|giggling|snickers|cackles|sigh|sighs|sighing|cough|coughs|coughing|sneeze|sneezes|sneezing"
        "|sniff|sniffs|sniffles|sniffling|gasp|gasps|gasping|groan|groans|groaning|grunt|grunts|grunting|moans"
        "|moaning|scream|screams|screaming|shouts|shouting|cheering|cheers|whistle|whistles|whistling|hums|humming"
        "|singing|sings|whispers|whispering|mumbles|mumbling|crying|sobs|sobbing|yawns|yawning|snores|snoring|burps"
        "|hiccups|clears throat|clearing throat|throat clearing|inhales|exhales|inhaling|exhaling|breathing heavily"
        "|breathes deeply|beep|beeps|beeping|bleep|buzzing|buzzes|ringing|chime|chimes|chiming|ding|dings|thud|thuds"
        "|thump|thumps|clank|clanks|clanking|clatter|clatters|clattering|rattles|rattling|rustles|rustling|creaks"
        "|creaking|squeaks|squeaking|sizzles|sizzling|whirs|whirring|whoosh|whooshes|whooshing|swoosh|rumbles"
        "|rumbling|thunder|explosion|gunshot|gunshots|barks|barking|meows|meowing|chirps|chirping|mooing|roars"
        "|growls|howls|howling|honks|honking|siren|sirens|footsteps|knocking|silence|inaudible|unintelligible"
        "|indistinct|crosstalk|chatter|chattering|foreign|foreign language|non english speech|noise|noises|jingle"
        "|drumroll|drum roll|fanfare|no audio|no speech|no sound|blank audio",
    ),
    (
        "sound",
        "musik|applaus|beifall|klatschen|klatscht|gelächter|lachen|lacht|lachend|kichern|kichert|seufzen|seufzt"
        "|seufzer|husten|hustet|niesen|niest|räuspern|räuspert sich|stöhnen|stöhnt|schrei|schreie|schreit|jubel"
        "|jubelt|pfeifen|pfeift|summt|singt|gesang|flüstert|flüstern|weinen|weint|schluchzt|gähnt|gähnen|schnarcht"
        "|piepen|piept|piepton|klingeln|klingelt|läuten|läutet|klopfen|knall|knallt|knarren|knarrt|quietschen"
        "|quietscht|brutzeln|brutzelt|donner|bellen|bellt|miaut|zwitschern|schritte|stille|unverständlich"
        "|fremdsprache|stimmengewirr|geräusch|geräusche|rauschen|geraschel|rascheln",
    ),
    (
        "sound",
        "musique|applaudissements|applaudit|rires|rire|rit|il rit|elle rit|rient|ricanement|ricane|glousse|soupir"
        "|soupirs|soupire|toux|tousse|éternue|éternuement|gémissement|gémit|cri|cris|crie|acclamations|sifflement"
        "|siffle|sifflet|chantonne|chante|chuchote|chuchotement|pleurs|pleure|sanglots|sanglote|bâille|bip|bips"
        "|sonnerie|tintement|grincement|grince|grésillement|grésille|tonnerre|aboiements|aboie|miaule|miaulement"
        "|sirène|bruits de pas|silence|inaudible|incompréhensible|indistinct|langue étrangère|brouhaha|bruit|bruits",
    ),
    (
        "sound",
        "музыка|музыки|музыкальная заставка|аплодисменты|аплодирует|аплодируют|овации|смех|смеха|смеётся|смеется"
        "|смеются|смеясь|хихикает|хохот|хохочет|усмехается|вздох|вздыхает|кашель|кашляет|чихает|чихание|стон|стонет"
        "|крик|крики|кричит|свист|свистит|напевает|поёт|поет|пение|шепчет|шёпот|шепот|плач|плачет|рыдает|зевает"
        "|храпит|храп|сигнал|гудок|гудки|писк|звонок|звон|звенит|стук|стучит|скрип|скрипит|шипение|шипит|шорох"
        "|гром|лай|лает|мяукает|щебетание|сирена|шаги|тишина|молчание|неразборчиво|неразборчивая речь|нрзб|невнятно"
        "|иностранная речь|говорит на иностранном языке|шум|шумы|гул|грохот",
    ),
    (
        "sound",
        "música|musica|aplauso|aplausos|aplaude|aplauden|risa|risas|ríe|se ríe|ríen|se ríen|riendo|carcajada"
        "|carcajadas|suspiro|suspira|suspiros|tos|tose|tosiendo|estornudo|estornuda|gemido|gime|grito|gritos|grita"
        "|vítores|silbido|silba|tararea|canta|cantando|susurra|susurro|llanto|llora|llorando|solloza|bosteza|ronca"
        "|pitido|pitidos|timbre|tintineo|chirrido|chisporroteo|trueno|truenos|ladrido|ladridos|ladra|maúlla|sirena"
        "|pasos|silencio|inaudible|ininteligible|indistinto|idioma extranjero|lengua extranjera|ruido|ruidos"
        "|murmullo|murmullos",
    ),
    (
        "sound",
        "hudba|hudby|potlesk|tleská|tleskají|tleskání|smích|smíchy|směje se|smějí se|chichotání|chichotá se|vzdech"
        "|vzdychá|povzdech|povzdechne si|kašel|kašle|kašlání|kýchne|kýchnutí|sténání|sténá|křik|křičí|výkřik|jásot"
        "|pískání|píská|pobrukuje si|zpívá|zpěv|šeptá|šepot|pláč|pláče|vzlyká|zívá|chrápe|pípnutí|pípání|pípá"
        "|zvonění|zvoní|klepání|vrzání|vrže|syčení|syčí|hrom|štěkot|štěká|mňouká|siréna|kroky|ticho|nesrozumitelné"
        "|nesrozumitelně|nezřetelné|cizí jazyk|cizí řeč|hluk|šum|hluky|šustění",
    ),
    (
        "sound",
        "muziki|makofi|kicheko|vicheko|anacheka|wanacheka|akicheka|kucheka|anapumua kwa nguvu|anashusha pumzi"
        "|anakohoa|kikohozi|kukohoa|anapiga chafya|kilio|analia|wanalia|kelele|anapiga kelele|vigelegele|anaimba"
        "|wanaimba|kuimba|ananong'ona|anapiga mluzi|mluzi|mlio|milio|mlio wa simu|kengele inalia|nyayo|kimya|ukimya"
        "|haisikiki|hayasikiki|haieleweki|lugha ya kigeni|ngurumo|anabweka",
    ),
    (
        "sound",
        "âm nhạc|nhạc|vỗ tay|tiếng vỗ tay|cười|tiếng cười|cười lớn|cười khúc khích|thở dài|tiếng thở dài|ho|tiếng ho"
        "|hắt hơi|hắng giọng|rên rỉ|la hét|tiếng la hét|hét lên|reo hò|tiếng reo hò|huýt sáo|ngân nga|hát|tiếng hát"
        "|thì thầm|khóc|tiếng khóc|ngáp|tiếng bíp|tiếng chuông|chuông reo|tiếng gõ cửa|tiếng cửa|tiếng bước chân"
        "|tiếng sấm|tiếng chó sủa|chó sủa|còi báo động|im lặng|yên lặng|không nghe rõ|nghe không rõ|tiếng nước ngoài"
        "|ngoại ngữ|tiếng ồn|tiếng động|tiếng xì xào|tiếng điện thoại",
    ),
    (
        "sound",
        "音乐|音樂|配乐|配樂|掌声|掌聲|鼓掌|拍手|笑|笑声|笑聲|大笑|轻笑|輕笑|偷笑|傻笑|苦笑|哈哈大笑|叹气|嘆氣|叹息|嘆息|咳嗽|咳嗽声|咳嗽聲"
        "|清嗓子|打喷嚏|打噴嚏|喷嚏|呻吟|尖叫|尖叫声|尖叫聲|喊叫|欢呼|歡呼|欢呼声|歡呼聲|口哨|口哨声|吹口哨|哼唱|唱歌|歌声|歌聲|低语|低語"
        "|耳语|耳語|哭|哭泣|哭声|哭聲|抽泣|打哈欠|打鼾|哔|嗶|哔哔声|嗶嗶聲|提示音|铃声|鈴聲|门铃声|門鈴聲|敲门声|敲門聲|关门声|關門聲|开门声"
        "|開門聲|滋滋声|滋滋聲|雷声|雷聲|狗叫|狗叫声|狗吠|猫叫|貓叫|鸟叫声|鳥叫聲|警笛声|警笛聲|脚步声|腳步聲|沉默|静音|靜音|寂静|寂靜|听不清|聽不清"
        "|听不清楚|聽不清楚|无法辨认|無法辨認|外语|外語|说外语|說外語|噪音|杂音|雜音|嘈杂声|嘈雜聲|无声|無聲|电话铃声|電話鈴聲|水声|水聲|风声|風聲",
    ),
    (  # Music, applause and laughter of other languages: a track may be in none of the nine.
        "sound",
        "musica|applausi|applauso|risate|risadas|risos|muziek|gelach|muzyka|brawa|oklaski|śmiech|музика|оплески|сміх"
        "|müzik|alkış|gülme|tepuk tangan|tertawa|音楽|笑い|음악|박수|웃음|موسيقى|تصفيق|ضحك",
    ),
    (
        "thing",
        "door|doors|phone|telephone|cellphone|cell phone|bell|bells|doorbell|alarm|clock|timer|engine|motor|machine"
        "|horn|water|wind|rain|fire|drill|blender|mixer|kettle|speaking|speaks|talking|talks|song|tune|melody|sound"
        "|sounds|tür|telefon|handy|glocke|wecker|wasser|wind|motor|spricht|sprechen|porte|téléphone|cloche|alarme"
        "|minuteur|moteur|eau|vent|pluie|parle|parlent|дверь|телефон|колокол|будильник|вода|ветер|дождь|двигатель"
        "|говорит|говорят|puerta|teléfono|campana|alarma|motor|agua|viento|habla|hablan|hablando|dveře|zvonek|budík"
        "|voda|vítr|déšť|mluví|mlango|simu|kengele|maji|upepo|mvua|anaongea|anazungumza|wanazungumza",
    ),
    (
        "sounds",
        "opens|closes|slams|shuts|rings|running|blowing|crackling|crackles|dripping|ticking|ticks|revs|revving|idling"
        "|vibrates|vibrating|howling|english|german|french|russian|spanish|czech|swahili|chinese|mandarin|vietnamese"
        "|japanese|korean|italian|arabic|hindi|portuguese|a foreign language|indistinctly|geht auf|geht zu|öffnet sich"
        "|schließt sich|fällt zu|läuft|rauscht|weht|englisch|deutsch|französisch|russisch|spanisch|tschechisch"
        "|chinesisch|s'ouvre|se ferme|claque|sonne|coule|souffle|anglais|allemand|français|russe|espagnol"
        "|открывается|закрывается|хлопает|льётся|дует|по английски|по немецки|по русски|по испански|se abre|se cierra"
        "|suena|corre|sopla|inglés|alemán|ruso|español|otevírá se|zavírá se|bouchne|teče|fouká|anglicky|německy|rusky"
        "|unafunguka|unafungwa|inalia|inaita|kiingereza|kiswahili|kifaransa",
    ),
    (
        "adds",
        "upbeat|soft|softly|loud|loudly|gentle|gently|quiet|quietly|background|light|lightly|dramatic|ambient|acoustic"
        "|electronic|instrumental|classical|jazz|rock|pop|folk|funky|hip|hop|cheerful|happy|happily|sad|sadly|slow|fast"
        "|mellow|calm|relaxing|peaceful|suspenseful|tense|mysterious|intense|inspirational|inspiring|theme|intro|outro"
        "|opening|closing|piano|guitar|drum|drums|orchestra|orchestral|violin|continues|continuing|playing|plays"
        "|starts|stops|ends|fades|fading|out|in|the|a|an|and|of|with|no|heavy|heavily|nervous|nervously|both|all|man"
        "|woman|men|women|audience|crowd|people|child|children|baby|boy|girl|dog|dogs|cat|bird|birds|he|she|they|speech"
        "|distant|distantly|muffled|low|high|pitched|deeply|continuous|brief|short|long",
    ),
    (
        "adds",
        "leise|laut|sanfte|ruhige|fröhliche|heitere|spannende|dramatische|im|hintergrund|hintergrundmusik|spielt|ertönt"
        "|erklingt|endet|setzt|ein|und|der|die|das|er|sie|beide|alle|mann|frau|publikum|hund|kind|baby|leises|lautes"
        "|douce|doux|calme|joyeuse|gaie|dramatique|entraînante|de|d|du|des|la|le|les|l|un|une|et|en|fond|ambiance|il"
        "|elle|ils|public|homme|femme|chien|enfant|bébé|fort|légère|rythmée|generique|générique|légers|nerveux",
    ),
    (
        "adds",
        "тихая|тихо|тихий|громкая|громко|громкий|весёлая|веселая|спокойная|лёгкая|легкая|фоновая|драматическая|играет"
        "|звучит|и|в|на|фоне|зале|он|она|они|все|мужчина|женщина|публика|зрители|собака|ребёнок|нервно|за|кадром"
        "|suave|alegre|animada|tranquila|dramática|de|del|el|la|los|fondo|ambiente|y|un|una|él|ella|ambos|todos|hombre"
        "|mujer|público|perro|niño|bebé|fuerte|fuertes|nerviosa|ligera|instrumental|electrónica|sonando"
        "|tichá|tiše|veselá|klidná|jemná|hlasitá|hlasitě|hlasitý|dramatická|hraje|zní|v|pozadí|a|muž|žena|publikum"
        "|pes|dítě|oba|všichni|úvodní|závěrečná|nervózní"
        "|laini|ya|wa|la|za|na|kwa|sauti|juu|chini|taratibu|nyuma|furaha|polepole|watu|mtu|mwanamke|mwanaume|mtoto"
        "|umati|mbwa|inacheza|inapigwa"
        "|nhẹ|nhẹ nhàng|vui|vui nhộn|sôi động|buồn|lớn|nhỏ|nền|êm dịu|và|tiếng|khán giả|đám đông|người|đàn ông|phụ nữ"
        "|trẻ em|chó|mọi người|du dương|không lời|dạo đầu",
    ),
    (
        "adds",
        "轻快|輕快|欢快|歡快|轻柔|輕柔|柔和|舒缓|舒緩|悠扬|悠揚|激昂|紧张|緊張|背景|的|地|片头|片頭|片尾|响起|響起|播放|播放中|观众|觀眾|全场|全場"
        "|众人|眾人|大家|男人|女人|孩子|婴儿|嬰兒|热烈|熱烈|声|聲|在|和|一阵|一陣|钢琴|鋼琴|吉他",
    ),
)


def _by_units() -> dict[tuple[str, ...], Kind]:
    found: dict[tuple[str, ...], Kind] = {}
    for kind, phrases in _LISTS:
        for phrase in phrases.split("|"):
            found.setdefault(tuple(_UNIT.findall(phrase)), kind)
    return found


_KINDS: Final = _by_units()
_LONGEST: Final = max(map(len, _KINDS))


def is_note(inside: str) -> bool:
    """Whether what stands in brackets, in NFC, is a note: known words of sounds alone, a note sign, or `__`."""
    if not _SHAPE.fullmatch(inside):
        return False
    units = tuple(_UNIT.findall(inside.lower()))
    if not units:
        return _NO_WORD.fullmatch(inside) is not None
    kinds: set[Kind] = set()
    at = 0
    while at < len(units):
        sizes = range(min(_LONGEST, len(units) - at), 0, -1)
        size = next((size for size in sizes if units[at : at + size] in _KINDS), 0)
        if not size:
            return False
        kinds.add(_KINDS[units[at : at + size]])
        at += size
    return "sound" in kinds or {"thing", "sounds"} <= kinds
