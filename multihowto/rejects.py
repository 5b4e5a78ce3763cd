"""Every reason for which a row is left out: final or may pass, and its cure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """One row left out: the key of the input row, a code of `REASONS`, and a detail in one line."""

    key: str
    code: str
    detail: str = ""


FAMILIES = {
    "manifest": "the list of videos is wrong there",
    "rights": "the video is not ours to use",
    "permanent": "the video is gone, or was never one",
    "access": "the site wants to know who asks",
    "geo": "the site does not show it in this country",
    "later": "the video will be there some day",
    "limits": "a setting of the pipeline leaves it out",
    "tool_too_old": "yt-dlp does not understand the site any more",
    "transport": "the connection or the server failed",
    "captions_withheld": "there are captions, and this session does not get them",
    "captions": "the video has no captions that can be used",
    "media": "what came is no whole video",
    "worker": "our own process was killed",
}
"""Codes by what they have in common: `build --retry transport` takes a whole family."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What a code means; `final` reasons are not tried again by a bare `build --retry`."""

    code: str
    family: str
    final: bool
    meaning: str
    cure: str


_LATER = "run `build --retry`"
_NONE = "none: the row stays out"

_ALL = (
    Reason(
        "bad_row",
        "manifest",
        True,
        "the manifest's line cannot be read, or has another number of columns; a file of the folder is a link",
        "mend the manifest",
    ),
    Reason(
        "bad_id",
        "manifest",
        True,
        "the manifest's video id is not 1 to 64 of A-Z a-z 0-9 _ -, or a device's name; a file's name is no UTF-8",
        "mend the manifest",
    ),
    Reason(
        "bad_url",
        "manifest",
        True,
        "the manifest's URL is not http(s), or carries a password",
        "mend the manifest",
    ),
    Reason(
        "bad_number",
        "manifest",
        True,
        "the manifest's task_id or rank is not a whole number of 32 bits",
        "mend the manifest",
    ),
    Reason(
        "bad_split",
        "manifest",
        True,
        "the manifest's split is not train, validation or test",
        "mend the manifest",
    ),
    Reason(
        "duplicate_id",
        "manifest",
        True,
        "the manifest names this video more than once; the first row counts",
        _NONE,
    ),
    Reason(
        "excluded",
        "rights",
        True,
        "the video is listed in exclusions.csv (taken down)",
        "none: it is honoured everywhere",
    ),
    Reason(
        "license_not_open",
        "rights",
        True,
        "the site states no Creative Commons licence, and the pipeline asks for one",
        "set licenses: any, if you may",
    ),
    Reason(
        "opted_out",
        "rights",
        True,
        "the site's robots.txt or headers ask not to be collected",
        "ask the site's owner; then set opt_out: ignore",
    ),
    Reason("not_found", "permanent", True, "the page or video does not exist (HTTP 404, 410)", _NONE),
    Reason("private", "permanent", True, "the video is private", _NONE),
    Reason("removed", "permanent", True, "removed by its uploader, the site or a rights holder", _NONE),
    Reason("paid", "permanent", True, "only for those who pay", _NONE),
    Reason("drm", "permanent", True, "protected by DRM", _NONE),
    Reason(
        "unsupported",
        "permanent",
        True,
        "yt-dlp finds no video on the page, or the page or playlist is too large",
        _NONE,
    ),
    Reason(
        "forbidden",
        "access",
        True,
        "the site refuses the page (HTTP 401, 403 and other 4xx)",
        "give the session access, then `build --retry forbidden`",
    ),
    Reason(
        "members_only",
        "access",
        True,
        "only for members of the channel",
        "give the session access, then `build --retry members_only`",
    ),
    Reason(
        "age_restricted",
        "access",
        True,
        "only after an age check",
        "give the session access, then `build --retry age_restricted`",
    ),
    Reason(
        "geo_blocked",
        "geo",
        True,
        "not available in this country",
        "from another country, `build --retry geo_blocked`",
    ),
    Reason("not_yet", "later", False, "a premiere or a live event that has not ended", _LATER),
    Reason(
        "private_address",
        "limits",
        True,
        "the URL leads to a private or loopback address",
        "set allow_private: true, if it is yours",
    ),
    Reason("too_large", "limits", True, "the media file is larger than max_bytes", "raise the setting"),
    Reason("too_long", "limits", True, "longer than max_duration_s", "raise the setting"),
    Reason("server_error", "transport", False, "the server failed (HTTP 5xx)", _LATER),
    Reason("unreachable", "transport", False, "no connection, or it broke and stayed broken", _LATER),
    Reason(
        "timed_out",
        "transport",
        False,
        "not complete within deadline_s",
        "run `build --retry`, or raise the setting",
    ),
    Reason(
        "tool_outdated",
        "tool_too_old",
        False,
        "yt-dlp could not read the site",
        "upgrade yt-dlp, then `build --retry`",
    ),
    Reason(
        "captions_withheld",
        "captions_withheld",
        False,
        "the site holds tracks back from this session (PO token)",
        _LATER,
    ),
    Reason("no_captions", "captions", True, "no caption track in any language of languages.csv", _NONE),
    Reason(
        "bad_captions",
        "captions",
        True,
        "what should be a caption file is another thing (an HTML page, binary, empty)",
        _NONE,
    ),
    Reason("wrong_language", "captions", True, "the track is in another language than it says", _NONE),
    Reason("no_pivot_captions", "captions", True, "no readable caption track in the pivot language", _NONE),
    Reason(
        "bad_media", "media", True, "what should be a video is another thing (an HTML page, empty)", _NONE
    ),
    Reason(
        "no_media",
        "media",
        True,
        "the store has no media file of it: it was built with media: none, or the file was removed",
        "build with media and retention: keep, then `build --retry no_media`",
    ),
    Reason("truncated", "media", False, "the video file ends early", _LATER),
    Reason("undecodable", "media", True, "the video file cannot be decoded", _NONE),
    Reason(
        "worker_died",
        "worker",
        False,
        "the worker process died on this row (out of memory, a crash in a codec)",
        _LATER,
    ),
)

REASONS = {reason.code: reason for reason in _ALL}


def meant_by(word: str) -> frozenset[str]:
    """The codes that a word of the user means: a code, or all of a family; none if it means nothing."""
    return frozenset(reason.code for reason in _ALL if word in (reason.code, reason.family))
