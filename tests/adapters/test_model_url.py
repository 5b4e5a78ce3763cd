"""Downloads go on where they broke off, notice another file, and never leave half a file under its name."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from multihowto.adapters.model_sources import silent
from multihowto.adapters.model_url import Patience, download
from multihowto.errors import ConfigError, RetryableError

from .file_server import FileServer, file_server

BODY = bytes(range(256)) * 400
QUICK = Patience(tries=1, silence_s=2)


@pytest.fixture
def site() -> Iterator[FileServer]:
    with file_server({"/a/model.bin": BODY}) as running:
        yield running


def get(site: FileServer, folder: Path, size: int | None = len(BODY), patience: Patience = QUICK) -> bytes:
    target = folder / "model.bin"
    download(f"{site.root}/a/model.bin", target, size, silent, patience)
    assert [path.name for path in folder.iterdir()] == ["model.bin"]
    return target.read_bytes()


def break_off(site: FileServer, folder: Path, after: int) -> None:
    site.cuts.append(after)
    with pytest.raises(RetryableError, match=rf"the connection ended after {after:,} of 102,400 bytes"):
        get(site, folder)
    assert not (folder / "model.bin").exists()
    assert (folder / "model.bin.part").stat().st_size == after
    site.asked.clear()


def test_a_whole_file_and_what_is_said_of_it(site: FileServer, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    download(
        f"{site.root}/a/model.bin", tmp_path / "m", None, lambda done, of: said.append((done, of)), QUICK
    )
    assert (tmp_path / "m").read_bytes() == BODY
    assert said[-1] == (len(BODY), len(BODY)) and said == sorted(said)


def test_a_broken_download_goes_on_where_it_was(site: FileServer, tmp_path: Path) -> None:
    break_off(site, tmp_path, 70_000)
    assert get(site, tmp_path) == BODY
    assert site.asked == [("/a/model.bin", "bytes=70000-")]


def test_it_goes_on_by_itself_a_few_times(site: FileServer, tmp_path: Path) -> None:
    site.cuts += [10_000, 20_000]
    assert get(site, tmp_path, patience=Patience(tries=3, pause_s=0.01)) == BODY
    assert [span for _, span in site.asked] == ["", "bytes=10000-", "bytes=30000-"]


@pytest.mark.parametrize("if_range", [True, False])
def test_a_file_that_changed_between_begins_anew(site: FileServer, tmp_path: Path, if_range: bool) -> None:
    break_off(site, tmp_path, 70_000)
    site.files["/a/model.bin"], site.etag, site.if_range = BODY[::-1], '"two"', if_range
    assert get(site, tmp_path, patience=Patience(tries=2, pause_s=0.01)) == BODY[::-1]
    assert site.asked[-1] == ("/a/model.bin", "bytes=70000-" if if_range else "")


def test_a_server_without_ranges_or_versions_begins_anew(site: FileServer, tmp_path: Path) -> None:
    break_off(site, tmp_path, 70_000)
    site.ranges = False
    assert get(site, tmp_path) == BODY
    (tmp_path / "model.bin").unlink()
    site.etag = 'W/"weak"'
    break_off(site, tmp_path, 70_000)
    assert get(site, tmp_path) == BODY
    assert site.asked == [("/a/model.bin", "")]


def test_a_part_that_was_whole_asks_nothing(site: FileServer, tmp_path: Path) -> None:
    break_off(site, tmp_path, 70_000)
    (tmp_path / "model.bin.part").write_bytes(BODY)
    assert get(site, tmp_path) == BODY
    assert site.asked == []


def test_a_part_that_is_too_long_begins_anew(site: FileServer, tmp_path: Path) -> None:
    break_off(site, tmp_path, 70_000)
    (tmp_path / "model.bin.part").write_bytes(BODY + b"x")
    assert get(site, tmp_path, patience=Patience(tries=2, pause_s=0.01)) == BODY


def test_another_size_is_refused_before_it_is_fetched(site: FileServer, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has 102,400 bytes, models.toml says 5: it is another file"):
        get(site, tmp_path, size=5)
    site.length = False
    with pytest.raises(ConfigError, match=r"sends more than the 5 bytes"):
        get(site, tmp_path, size=5)
    assert not (tmp_path / "model.bin").exists()


def test_a_file_without_length_comes_whole(site: FileServer, tmp_path: Path) -> None:
    site.length = False
    assert get(site, tmp_path, size=None) == BODY


def test_a_short_body_without_length_is_no_file(site: FileServer, tmp_path: Path) -> None:
    site.length = False
    site.cuts.append(100)
    with pytest.raises(RetryableError, match=r"ended after 100 of 102,400 bytes"):
        get(site, tmp_path)
    assert not (tmp_path / "model.bin").exists()


@pytest.mark.parametrize(
    ("status", "kind"), [(404, ConfigError), (403, ConfigError), (503, RetryableError), (429, RetryableError)]
)
def test_answers_that_are_no_file(
    site: FileServer, tmp_path: Path, status: int, kind: type[Exception]
) -> None:
    site.statuses.append(status)
    with pytest.raises(kind, match=f"answers {status}"):
        get(site, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(RetryableError, match="Connection refused"):
        download(f"http://127.0.0.1:{port}/x", tmp_path / "x", None, silent, QUICK)


def drip(listening: socket.socket, stop: threading.Event) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b"x")


def test_a_server_that_drips_is_given_up(tmp_path: Path) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening, stop), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        patience = Patience(tries=1, silence_s=2, window_s=0.3, window_bytes=1000)
        began = time.monotonic()
        with pytest.raises(RetryableError, match=r"bytes came in 0.3 s"):
            download(url, tmp_path / "x", None, silent, patience)
        assert time.monotonic() - began < 5
        stop.set()
        thread.join()
