"""The stages, by name."""

from multihowto.stage import Stage
from multihowto.stages.align_captions import AlignCaptions
from multihowto.stages.download_videos import DownloadVideos
from multihowto.stages.extract_features import ExtractFeatures
from multihowto.stages.find_duplicates import FindDuplicates
from multihowto.stages.find_overlaps import FindOverlaps
from multihowto.stages.find_reuploads import FindReuploads
from multihowto.stages.form_clips import FormClips
from multihowto.stages.identify_language import IdentifyLanguage
from multihowto.stages.import_folder import ImportFolder
from multihowto.stages.match_timelines import MatchTimelines
from multihowto.stages.read_tracks import ReadTracks
from multihowto.stages.scatter_sources import ScatterSources
from multihowto.stages.select_clips import SelectClips
from multihowto.stages.translate_captions import TranslateCaptions

STAGES: dict[str, type[Stage]] = {
    "scatter_sources": ScatterSources,
    "download_videos": DownloadVideos,
    "import_folder": ImportFolder,
    "read_tracks": ReadTracks,
    "match_timelines": MatchTimelines,
    "form_clips": FormClips,
    "align_captions": AlignCaptions,
    "identify_language": IdentifyLanguage,
    "translate_captions": TranslateCaptions,
    "extract_features": ExtractFeatures,
    "find_reuploads": FindReuploads,
    "find_duplicates": FindDuplicates,
    "find_overlaps": FindOverlaps,
    "select_clips": SelectClips,
}
