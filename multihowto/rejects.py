"""Every reason for which a row is left out: final or may pass, and its cure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """One row left out: the key of the input row, a code of `REASONS`, and a detail in one line."""

    key: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """What a code means; `final` reasons are not tried again by `build --retry`."""

    code: str
    final: bool
    meaning: str
    cure: str


_LATER = "run `build --retry`"
_NONE = "none: the row stays out"

_ALL = (
    # manifests
    Reason("bad_id", True, "the manifest's video id is not 1 to 64 of A-Z a-z 0-9 _ -", "mend the manifest"),
    Reason("bad_url", True, "the manifest's URL is not http(s), or carries a password", "mend the manifest"),
    Reason(
        "bad_number",
        True,
        "the manifest's task_id or rank is not a whole number of 32 bits",
        "mend the manifest",
    ),
    Reason("bad_split", True, "the manifest's split is not train, validation or test", "mend the manifest"),
    Reason("duplicate_id", True, "the manifest names this video more than once; the first row counts", _NONE),
    Reason(
        "excluded",
        True,
        "the video is listed in exclusions.csv (taken down)",
        "none: it is honoured everywhere",
    ),
    # the video is not to be had
    Reason("not_found", True, "the page or video does not exist (HTTP 404, 410, removed)", _NONE),
    Reason(
        "forbidden",
        True,
        "the site refuses the page (HTTP 401, 403)",
        "give the session access, then `build --retry-code forbidden`",
    ),
    Reason("private", True, "the video is private", _NONE),
    Reason("removed", True, "removed by its uploader, the site or a rights holder", _NONE),
    Reason("members_only", True, "only for members or paying viewers", _NONE),
    Reason("age_restricted", True, "only after an age check", _NONE),
    Reason("drm", True, "protected by DRM", _NONE),
    Reason(
        "geo_blocked",
        True,
        "not available in this country",
        "build from another country with `--retry-code geo_blocked`",
    ),
    Reason(
        "private_address",
        True,
        "the URL leads to a private or loopback address",
        "set allow_private: true, if it is yours",
    ),
    Reason("unsupported", True, "yt-dlp finds no video on the page", _NONE),
    Reason("too_large", True, "the media file is larger than max_bytes", "raise the setting"),
    Reason("too_long", True, "longer than max_duration_s", "raise the setting"),
    Reason("not_yet", False, "a premiere or a live event that has not ended", _LATER),
    Reason("server_error", False, "the server failed (HTTP 5xx)", _LATER),
    Reason("unreachable", False, "no connection, or it broke and stayed broken", _LATER),
    Reason("timed_out", False, "not complete within deadline_s", _LATER + ", or raise the setting"),
    Reason("tool_outdated", False, "yt-dlp could not read the site", "upgrade yt-dlp, then `build --retry`"),
    # captions
    Reason("no_captions", True, "no caption track in any language of languages.csv", _NONE),
    Reason("captions_withheld", False, "the site holds tracks back from this session (PO token)", _LATER),
    Reason(
        "bad_captions",
        True,
        "what should be a caption file is another thing (an HTML page, binary, empty)",
        _NONE,
    ),
    Reason("no_pivot_captions", True, "no readable caption track in the pivot language", _NONE),
    # media
    Reason("bad_media", True, "what should be a video is another thing (an HTML page, empty)", _NONE),
    Reason(
        "no_media",
        True,
        "the store has no media file of it: it was built with media: false, or the file was removed",
        "build with media: true, then `build --retry-code no_media`",
    ),
    Reason("truncated", False, "the video file ends early", _LATER),
    Reason("undecodable", True, "the video file cannot be decoded", _NONE),
    # the worker
    Reason(
        "worker_died",
        False,
        "the worker process died on this row (out of memory, a crash in a codec)",
        _LATER,
    ),
)

REASONS = {reason.code: reason for reason in _ALL}
