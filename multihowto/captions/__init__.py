"""Caption tracks as pure text: read, form clips on the pivot's timeline, align the other languages.

    tracks.choose      offers of a site -> the tracks to fetch, one a language
    formats.read       a track's body -> cues: what is said, and when
    forming.form_clips the pivot's cues -> spans
    alignment.align    spans, pivot, another track -> a text for each span

Files, each importing only from those before it: cues, problems, plain, tags, sounds, speakers, boilerplate, cleaning; a
parser a format (vtt, srt, sbv, ass, json3, srv, ttml, with clock and markup); words, rolling, formats, encodings;
forming, alignment, tracks.
"""
