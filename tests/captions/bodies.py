"""One track, and YouTube's rolling one, as caption files of every format."""

import json

# From webvtt-py's tests/samples/youtube_dl.vtt; MIT License, Copyright (c) 2016 Alejandro Mendez.
YOUTUBE_VTT = """WEBVTT
Kind: captions
Language: en
Style:
::cue(c.colorCCCCCC) { color: rgb(204,204,204);
 }
##

00:04:46.070 --> 00:04:46.470 align:start position:0%
yeah


00:04:46.470 --> 00:05:04.080 align:start position:0%
yeah
<c.colorCCCCCC>what</c>
00:05:04.080 --> 00:05:05.069 align:start position:0%
this<00:05:04.199><c> will</c><c.colorE5E5E5><00:05:04.379><c> happen</c></c><c.colorCCCCCC> is</c>

00:05:05.069 --> 00:05:05.400 align:start position:0%
this will<c.colorE5E5E5> happen</c><c.colorCCCCCC> is
 </c>
"""

VTT = """WEBVTT

00:01.000 --> 00:02.500
Sift the flour &amp; salt.

01:02:03.004 --> 01:02:05.000
Then rest it.
"""
SRT = """1
00:00:01,000 --> 00:00:02,500
Sift the flour & salt.

2
01:02:03,004 --> 01:02:05,000
Then rest it.
"""
JSON3 = json.dumps(
    {
        "wireMagic": "pb3",
        "events": [
            {"tStartMs": 0, "dDurationMs": 9_000_000, "id": 1},
            {"tStartMs": 1000, "dDurationMs": 1500, "segs": [{"utf8": "Sift the flour & salt."}]},
            {"tStartMs": 2400, "dDurationMs": 1000, "aAppend": 1, "segs": [{"utf8": "\n"}]},
            {
                "tStartMs": 3_723_004,
                "dDurationMs": 1996,
                "segs": [{"utf8": "Then"}, {"utf8": " rest it.", "tOffsetMs": 700}],
            },
        ],
    }
)
SRV3 = """<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">
<head><ws id="0"/></head><body>
<p t="1000" d="1500">Sift the flour &amp; salt.</p>
<p t="2400" d="1000" w="1" a="1">
</p>
<p t="3723004" d="1996" w="1"><s ac="0">Then</s><s t="700"> rest it.</s></p>
</body></timedtext>"""
SRV1 = """<?xml version="1.0" encoding="utf-8" ?><transcript>
<text start="1" dur="1.5">Sift the flour &amp;amp; salt.</text>
<text start="3723.004" dur="1.996">Then rest it.</text></transcript>"""
SRV2 = """<?xml version="1.0" encoding="utf-8" ?><timedtext><window id="1"/>
<text t="1000" d="1500" w="1">Sift the flour &amp; salt.</text>
<text t="2400" d="1000" w="1" append="1">
</text>
<text t="3723004" d="1996" w="1">Then rest it.</text></timedtext>"""
TTML = """<?xml version="1.0"?><!-- <p> in a comment --><tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en">
<head><metadata><ttm:title xmlns:ttm="x">Cake</ttm:title></metadata></head><body><div>
<p begin="00:00:01.000" end="2.5s"> Sift the <span>flour</span> &amp;<br/>salt.</p>
<p begin="01:02:03.004" dur="1996ms">Then
rest it.</p></div></body></tt>"""
ASS = """[Script Info]
Title: Cake

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not said
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8}Sift the flour {not said}&\\Nsalt.
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
Dialogue: 0,1:02:03.004,1:02:05.00,Default,,0,0,0,,Then rest it.
"""
SBV = """0:00:01.000,0:00:02.500
Sift the flour[br]& salt.

1:02:03.004,1:02:05.000
Then rest it.
"""
BODIES = {"vtt": VTT, "srt": SRT, "json3": JSON3, "srv1": SRV1, "srv2": SRV2, "srv3": SRV3}
BODIES |= {"ttml": TTML, "ass": ASS, "sbv": SBV}
