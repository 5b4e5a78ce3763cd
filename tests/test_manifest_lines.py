"""Manifests as people have them: broken lines, other formats, gzip, addresses, and more than fits in memory."""

import gzip
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from multihowto import manifests
from multihowto.cli import cli
from multihowto.errors import ConfigError
from multihowto.manifests import Source, numbered, read_videos
from multihowto.manifests.lines import LONGEST, MOST_OPEN
from multihowto.manifests.remote import called
from multihowto.rejects import Reject

GOOD = "dQw4w9WgXc"


def codes(path: Path) -> list[tuple[int, str]]:
    """The number of each row, and its id or what is wrong."""
    return [(n, row.code if isinstance(row, Reject) else row.video_id) for n, row in numbered(path)]


def written(folder: Path, text: str, name: str = "v.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_a_broken_line_costs_only_itself(tmp_path: Path) -> None:
    text = (
        f'video_id,rank\n{GOOD}1,1\n{GOOD}2\n{GOOD}3,3,3\n\n"{GOOD}4,4\n{GOOD}5,5\n"{GOOD}6"x,6\n{GOOD}7,7\n'
    )
    assert codes(written(tmp_path, text)) == [
        (2, f"{GOOD}1"),
        (3, "bad_row"),
        (4, "bad_row"),
        (6, "bad_row"),
        (7, f"{GOOD}5"),
        (8, "bad_row"),
        (9, f"{GOOD}7"),
    ]


def test_what_is_wrong_is_said_by_line(tmp_path: Path) -> None:
    path = written(tmp_path, f'video_id,rank\n{GOOD}1\n"{GOOD}2,2\n')
    assert list(read_videos(path)) == [
        Reject("line 2", "bad_row", "1 columns, where the header has 2"),
        Reject("line 3", "bad_row", "unexpected end of data"),
    ]


def test_a_row_over_two_lines_is_one_and_the_next_has_its_true_line(tmp_path: Path) -> None:
    path = written(tmp_path, f'video_id,category_1\n{GOOD}1,"two\nlines"\n{GOOD}2,x\n')
    first, second = numbered(path)
    assert (first[0], second[0]) == (2, 4)
    assert isinstance(first[1], Source) and first[1].category_1 == "two\nlines"


def test_carriage_returns_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = written(tmp_path, f"\ufeffvideo_id,rank\r\n{GOOD}1,1\r\n{GOOD}2,2\r\n")
    assert codes(path) == [(2, f"{GOOD}1"), (3, f"{GOOD}2")]


def test_a_line_as_long_as_a_book(tmp_path: Path) -> None:
    path = written(tmp_path, f"video_id\n{'a' * (3 * LONGEST)}\n{GOOD}1\n")
    assert codes(path) == [(2, "bad_row"), (3, f"{GOOD}1")]
    path = written(tmp_path, f"{'a' * (3 * LONGEST)}\n{GOOD}1\n", "v.txt")
    assert codes(path) == [(1, "bad_row"), (2, f"{GOOD}1")]


def test_a_file_that_is_no_csv_is_given_up(tmp_path: Path) -> None:
    path = written(tmp_path, "video_id\n" + '"a"b\n' * (MOST_OPEN + 2))
    with pytest.raises(ConfigError, match=r"more than 1,000 rows cannot be read .* is it a CSV file"):
        list(read_videos(path))


_READ = """
import resource, sys
from pathlib import Path
from multihowto.manifests import read_videos
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = [getattr(row, "code", row) for row in read_videos(Path(sys.argv[1]))]
print(found, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used) // 1024)
"""


@pytest.mark.parametrize(("name", "quote"), [("v.csv", ""), ("v.csv", '"'), ("v.csv.gz", ""), ("v.txt", "")])
def test_one_line_of_two_hundred_megabytes_takes_no_memory(tmp_path: Path, name: str, quote: str) -> None:
    path = tmp_path / name
    with gzip.open(path, "wb", 1) if name.endswith(".gz") else path.open("wb") as file:
        file.write(f"video_id\n{quote}".encode())
        for _ in range(200):
            file.write(b"a" * 1_000_000)
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True
    )
    found, grown_mb = done.stdout.rsplit(" ", 1)
    assert "bad_row" in found
    assert int(grown_mb) < 30


def test_a_list_of_ids_and_addresses(tmp_path: Path) -> None:
    text = f"# my videos\n{GOOD}1\n\n  https://youtu.be/{GOOD}2  \nhttps://example.org/v\n../x\nftp://x/y\n"
    path = written(tmp_path, text, "v.txt")
    found = codes(path)
    assert found[:2] == [(2, f"{GOOD}1"), (4, f"{GOOD}2")]
    assert found[2][0] == 5 and found[2][1].startswith("u-")
    assert found[3:] == [(6, "bad_id"), (7, "bad_url")]


@pytest.mark.parametrize("name", ["v.csv.gz", "v.txt.gz"])
def test_gzip(tmp_path: Path, name: str) -> None:
    head = "video_id\n" if ".csv" in name else ""
    path = tmp_path / name
    path.write_bytes(gzip.compress(f"{head}{GOOD}1\n".encode()))
    assert [name for _, name in codes(path)] == [f"{GOOD}1"]
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(ConfigError, match="cannot read the manifest"):
        list(read_videos(path))


def test_a_column_as_large_as_books_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"video_id": ["a" * 70_000_000]}), tmp_path / "v.parquet", compression="zstd")
    with pytest.raises(ConfigError, match=r"the column video_id holds 70,.* these are no ids"):
        list(read_videos(tmp_path / "v.parquet"))


def test_one_long_value_in_many_rows_is_never_written_out(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 3000, pa.int32()), pa.array(["a" * 50_000_000]))
    path = tmp_path / "v.parquet"
    pq.write_table(pa.table({"video_id": column}), path, compression="zstd")
    script = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n{_READ}"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert "the column video_id holds a value of 50,000,000 bytes" in done.stderr


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A small site with a good file, and one whose connection ends early."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"video_id\n{GOOD}1\n".encode()
            self.send_response(404 if "none" in self.path else 200)
            self.send_header("Content-Length", str(len(body) + ("short" in self.path)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_manifest_at_an_address(tmp_path: Path, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTIHOWTO_CACHE", str(tmp_path / "cache"))
    with fsspec.open("memory://lists/v.csv", "wb") as file:
        file.write(f"video_id\n{GOOD}2\n".encode())
    assert codes(manifests.find_videos(f"{site}/v.csv?key=SECRET")) == [(2, f"{GOOD}1")]
    assert codes(manifests.find_videos("memory://lists/v.csv")) == [(2, f"{GOOD}2")]
    for address, why in (
        (f"{site}/none.csv?key=SECRET", "HTTP 404"),
        (f"{site}/short.csv", "the connection ended early"),
        ("memory://lists/none.csv", "there is no such file"),
        ("nothing://x/v.csv", "Protocol not known: nothing"),
    ):
        with pytest.raises(ConfigError, match=why) as raised:
            manifests.find_videos(address)
        assert "SECRET" not in str(raised.value)
    assert all(path.suffix == ".csv" for path in (tmp_path / "cache" / "manifests").iterdir())


class _HubError(Exception):
    """As libraries behind fsspec have them: neither OSError nor ValueError."""


class _Hub(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A file system that is out of reach; a path with `bug` meets an error of Python's own."""

    protocol = "farhub"

    def _open(self, path: str, *others: object, **named: object) -> object:
        if "bug" in path:
            raise TypeError("a bug")
        raise _HubError(f"cannot reach {path}")


def test_an_error_of_another_library_is_told_without_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULTIHOWTO_CACHE", str(tmp_path / "cache"))
    fsspec.register_implementation("farhub", _Hub, clobber=True)
    with pytest.raises(ConfigError, match=r"cannot fetch the manifest farhub://lists/v\.csv: _HubError$"):
        manifests.find_videos("farhub://KEY@lists/v.csv")
    with pytest.raises(TypeError, match="a bug"):
        manifests.find_videos("farhub://lists/bug.csv")
    assert not list((tmp_path / "cache" / "manifests").iterdir())


def test_a_file_without_an_ending_is_what_it_begins_as(tmp_path: Path) -> None:
    assert codes(written(tmp_path, f"video_id\n{GOOD}1\n", "export")) == [(2, f"{GOOD}1")]
    pq.write_table(pa.table({"video_id": [f"{GOOD}2"]}), tmp_path / "list")
    assert codes(tmp_path / "list") == [(1, f"{GOOD}2")]
    assert (manifests.unit(tmp_path / "export"), manifests.unit(tmp_path / "list")) == ("line", "row")
    with pytest.raises(ConfigError, match="cannot read the manifest"):
        list(read_videos(written(tmp_path, "video_id\n", "v.parquet")))


def test_messages_name_the_address_and_not_the_copy(
    tmp_path: Path, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULTIHOWTO_CACHE", str(tmp_path / "cache"))
    copy = manifests.find_videos(f"{site}/export?format=csv&key=SECRET")
    assert codes(copy) == [(2, f"{GOOD}1")]
    assert called(copy) == f"{site}/export"
    assert called(tmp_path / "v.csv") == str(tmp_path / "v.csv")
    for name, why in (
        ("v.parquet", "cannot read the manifest {}"),
        ("v.csv.gz", "cannot read the manifest {}"),
    ):
        with pytest.raises(ConfigError) as raised:
            list(read_videos(manifests.find_videos(f"{site}/{name}?key=SECRET")))
        assert str(raised.value).startswith(why.format(f"{site}/{name}: "))
    (tmp_path / "p.yaml").write_text(
        f"manifest: {site}/export?key=SECRET\nshards: 1\nstages: [scatter_sources]\n"
    )
    shown = CliRunner().invoke(cli, ["check", str(tmp_path / "p.yaml"), "--manifest"], catch_exceptions=False)
    assert f"  {site}/export: 1 rows: in order 1" in shown.output
    assert "SECRET" not in shown.output


def test_a_folder_is_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "footage").mkdir()
    (tmp_path / "footage" / "onion.mp4").write_bytes(b"film")
    folder = manifests.find_videos("footage", tmp_path)
    [(number, row)] = numbered(folder)
    assert (number, manifests.unit(folder)) == (1, "file")
    assert isinstance(row, Source) and row.url.startswith("file:onion.mp4#")
    before = manifests.checksum(folder)
    assert manifests.checksum(folder) == before
    (tmp_path / "footage" / "onion.en.vtt").write_text("WEBVTT\n")
    assert manifests.checksum(folder) != before
