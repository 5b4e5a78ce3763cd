"""Files of a hub repository, from a loopback server that answers as the hub does."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BODY = b"weights"
CODE = """
import json, sys
from pathlib import Path
from multihowto.adapters import models
from multihowto.adapters.model_cache import read_seen
from multihowto.adapters.model_sources import How
from multihowto.errors import MultihowtoError
from multihowto.manifests import Hub, Model, ModelFile
files = (ModelFile(path=sys.argv[2], sha256=sys.argv[5]),)
source = Hub(repository=sys.argv[3], revision=sys.argv[4], files=files)
wanted = Model(name="m", task="t", license="MIT", homepage="h", sources=(source,))
try:
    folder = models.get(wanted, How(Path(sys.argv[1]), accept_unknown=True))
    seen = read_seen(folder)[sys.argv[2]]
    print(json.dumps([(folder / sys.argv[2]).read_text(), seen.revision, str((folder / sys.argv[2]).is_symlink())]))
except MultihowtoError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


class Hub(BaseHTTPRequestHandler):
    """One repository, o/m, with one file, sub/w.bin, at one commit."""

    def do_HEAD(self) -> None:
        name = self.path.split("?")[0]
        right = name in (f"/o/m/resolve/{revision}/sub/w.bin" for revision in ("main", COMMIT))
        self.send_response(200 if right else 404)
        if right:
            self.send_header("ETag", '"abc"')
        elif name.startswith("/o/m/"):
            self.send_header("X-Error-Code", "EntryNotFound")
        else:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(BODY) if right else 0))
        self.end_headers()
        if self.command == "GET" and right:
            self.wfile.write(BODY)

    do_GET = do_HEAD  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(
    endpoint: str,
    folder: Path,
    path: str = "sub/w.bin",
    repository: str = "o/m",
    revision: str = "",
    sha256: str = "",
) -> list[str]:
    """What a process that was told this hub makes of a file: text, commit and kind, or the error."""
    environment = os.environ | {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(folder / "hf"),
        "HF_HUB_ETAG_TIMEOUT": "2",
    }
    command = [sys.executable, "-c", CODE, str(folder / "cache"), path, repository, revision, sha256]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=120)
    answer: list[str] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("revision", ["", COMMIT])
def test_a_file_comes_with_its_commit(endpoint: str, tmp_path: Path, revision: str) -> None:
    assert ask(endpoint, tmp_path, revision=revision) == ["weights", COMMIT, "False"]
    assert not list(tmp_path.rglob("*.part"))


def test_a_wrong_checksum_is_refused_and_fetched_anew(endpoint: str, tmp_path: Path) -> None:
    kind, message = ask(endpoint, tmp_path, sha256="0" * 64)
    assert (kind, "models.toml says 0000" in message) == ("ConfigError", True)
    assert [path.name for path in tmp_path.rglob("w.bin")] == ["w.bin"]
    assert next(tmp_path.rglob("w.bin")).parts[-3:] == ("unknown.refused", "sub", "w.bin")
    right = hashlib.sha256(BODY).hexdigest()
    assert ask(endpoint, tmp_path, sha256=right) == ["weights", COMMIT, "False"]


def test_what_the_hub_does_not_have_is_said(endpoint: str, tmp_path: Path) -> None:
    kind, message = ask(endpoint, tmp_path, path="none.bin")
    assert (kind, message.startswith("the hub does not give o/m, none.bin")) == ("ConfigError", True)
    kind, message = ask(endpoint, tmp_path, repository="o/none")
    assert (kind, message.startswith("the hub does not give o/none, sub/w.bin")) == ("ConfigError", True)
