"""Gets files of a Hugging Face hub repository."""

from pathlib import Path

from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests import Hub, ModelFile


def download(source: Hub, file: ModelFile, folder: Path) -> tuple[Path, str]:
    """A file of the repository, below `folder`, and the commit that it is of.

    What a broken connection leaves stays in `folder`, and the library goes on with it. $HF_ENDPOINT names a mirror.
    Raises ConfigError if huggingface_hub is not installed or the hub refuses, RetryableError if it cannot be reached.
    """
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HfHubHTTPError,
            LocalEntryNotFoundError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )
    except ImportError as error:
        raise ConfigError(
            f"{source.repository} is fetched with huggingface_hub: pip install 'multihowto[hub]'; or get the files "
            "another way and use --from"
        ) from error
    what = f"{source.repository}, {file.name}, revision {source.revision or 'of its main branch'}"
    try:
        found = hf_hub_download(
            source.repository, file.name, revision=source.revision or None, cache_dir=folder
        )
    except LocalEntryNotFoundError as error:
        raise RetryableError(f"the hub cannot be reached for {what}: {_first(error)}") from error
    except (EntryNotFoundError, GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise ConfigError(f"the hub does not give {what}: {_first(error)}") from error
    except (HfHubHTTPError, OSError) as error:
        raise RetryableError(f"the hub cannot be reached for {what}: {_first(error)}") from error
    parts = Path(found).parts
    return Path(found).resolve(), parts[parts.index("snapshots") + 1]


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
