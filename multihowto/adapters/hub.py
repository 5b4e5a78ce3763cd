"""The Hugging Face Hub, through huggingface_hub: uploads a published folder as a dataset or model repository."""

from pathlib import Path
from typing import Literal

from multihowto import extras
from multihowto.errors import ConfigError, RetryableError

MESSAGE = "multihowto publish"
Kind = Literal["dataset", "model"]


def upload(folder: Path, to: str, public: bool, kind: Kind = "dataset") -> str:
    """Makes the repository `to` equal to the folder, files that are no longer in it included; returns its address.

    The token is huggingface_hub's own affair (HF_TOKEN, or its cache). ConfigError if huggingface_hub is missing, if
    the token will not do, or if the repository is public and `public` was not asked for; RetryableError if the Hub
    or the network fails.
    """
    extras.require("hub", "an upload")
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    try:
        return _upload(folder, to, public, kind)
    except LocalTokenNotFoundError as error:
        raise ConfigError("no token for the Hub: set HF_TOKEN, or run `hf auth login`") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (401, 403, 404):
            raise ConfigError(
                f"the Hub refused {to} (HTTP {status}): is there a token (HF_TOKEN, or `hf auth login`), "
                "and may it write there?"
            ) from error
        raise RetryableError(f"the Hub answered HTTP {status} for {to}; the same command goes on") from error
    except OSError as error:
        raise RetryableError(f"the Hub cannot be reached ({error}); the same command goes on") from error
    except http_error() as error:
        raise RetryableError(f"the Hub cannot be reached ({error}); the same command goes on") from error
    except RuntimeError as error:
        # What huggingface_hub makes of an upload that failed in one of its threads.
        if not isinstance(error.__cause__, (http_error(), OSError)):
            raise
        raise RetryableError(f"{error} ({error.__cause__}); the same command goes on") from error


def http_error() -> type[Exception]:
    """The base of network errors of the HTTP library that huggingface_hub uses: requests, httpx or httpx2."""
    from huggingface_hub import errors

    base: type[Exception] = errors.HTTPError  # type: ignore[attr-defined]
    return base


def _upload(folder: Path, to: str, public: bool, kind: Kind) -> str:
    from huggingface_hub import HfApi

    api = HfApi(library_name="multihowto")
    url = api.create_repo(to, repo_type=kind, private=not public, exist_ok=True)
    # An older repository keeps the visibility that it has, which may not be the one that is meant now.
    if not public and not api.repo_info(to, repo_type=kind).private:
        raise ConfigError(f"{to} is there already, and public: say --public, or make it private first")
    api.upload_folder(
        repo_id=to, repo_type=kind, folder_path=folder, commit_message=MESSAGE, delete_patterns=["*"]
    )
    return str(url)
