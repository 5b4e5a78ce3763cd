"""Judges the alignment of subtitle tracks on worlds whose truth is known: `python -m bench.subtitles.judge`.

    texts   parallel sentences that people wrote
    speech  when each of them is spoken
    faults  what is wrong with a track, drawn by seed
    tracks  words to cues with these faults
    bodies  cues to caption files
    worlds  all of that together: a pivot, other tracks, clips, the truth
    scoring which words belong to a clip, and which were given
    simple  simple ways to align, to compare with
    told    what can be reached at all by time
    adverse worlds that no one wants, for tests
    tables  the report

Nothing here but what aligns (`simple`, `told`, `ours`) imports the package that is judged.
"""

import sys
from pathlib import Path

sys.path.append(
    str(Path(__file__).parents[1])
)  # the benchmark's other modules are plain scripts beside this one
