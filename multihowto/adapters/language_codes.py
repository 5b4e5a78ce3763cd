"""Labels of fastText's language models, as codes of languages.csv."""

_CODES = """
    afr:af ara:ar aze:az bel:be ben:bn bos:bs bul:bg cat:ca ces:cs cym:cy dan:da deu:de ell:el eng:en epo:eo est:et
    eus:eu fas:fa fin:fi fra:fr gle:ga guj:gu heb:he hin:hi hrv:hr hun:hu hye:hy ind:id isl:is ita:it jpn:ja kat:ka
    kaz:kk kor:ko lat:la lav:lv lit:lt lug:lg mar:mr mkd:mk mon:mn mri:mi msa:ms nld:nl nno:nn nob:nb pan:pa pol:pl
    por:pt ron:ro rus:ru slk:sk slv:sl sna:sn som:so sot:st spa:es sqi:sq srp:sr swa:sw swe:sv tam:ta tel:te tgl:tl
    tha:th tsn:tn tso:ts tur:tr ukr:uk urd:ur vie:vi xho:xh yor:yo zho:zh zul:zu
    cmn:zh swh:sw arb:ar pes:fa ekk:et lvs:lv zsm:ms khk:mn
"""
"""ISO 639-3 to 639-1: languages that lingua knows too, and members of macrolanguages that stand for the whole."""
_TWO = dict(pair.split(":") for pair in _CODES.split())


def code_of(label: str) -> str:
    """The code of a label of lid.176 (`__label__zh`) or of OpenLID, GlotLID and NLLB (`__label__zho_Hans`).

    Where a label names a script, its language is ISO 639-3, and becomes the code of two letters if it is in the list
    above. Otherwise the label's own code stays: `als` of lid.176 is Alemannic, `als_Latn` is Albanian.
    """
    language, underscore, _script = label.removeprefix("__label__").partition("_")
    return _TWO.get(language, language) if underscore else language
