"""Secrets that are planted wherever a user or a site may have one come out nowhere."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pyarrow.parquet as pq
import pytest

from adapters.fault_server import Answer, FaultServer, KeptFolder, fault_server
from adapters.loopback import site_on
from multihowto.errors import SessionBlocked

COOKIE, SET_COOKIE, PROXY, MANIFEST = "CANARYcookie", "CANARYset", "CANARYproxy", "CANARYmanifest"
SIGNED = ("CANARYsig", "CANARYpot", "CANARYtoken", "CANARYredirect")
NEVER = (COOKIE, SET_COOKIE, PROXY, MANIFEST)
"""In no file and no word: who has one of these is the user."""
COOKIES = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tSID\t{}\n"
CUE = b"WEBVTT\n\n00:00.000 --> 00:02.000\nhello there\n"
PAGE = (
    "<html><head><title>Video {name}</title></head><body><video>"
    '<source src="/{name}/clip.mp4?sig=CANARYsig&pot=CANARYpot" type="video/mp4">'
    '<track kind="subtitles" srclang="en" src="/{name}/en.vtt?token=CANARYtoken&pot=CANARYpot"></video></body></html>'
)
PIPELINE = """\
manifest: videos.csv
shards: 2
stages:
  - scatter_sources
  - download_videos: {pacing: off, allow_private: true, deadline_s: 20}
  - read_tracks
  - match_timelines
  - form_clips
  - align_captions
"""


@dataclass
class Run:
    """A folder with a pipeline, a store, a cookies file and a place for temporary files; and all that was said."""

    folder: Path
    server: FaultServer
    said: str = ""

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def command(self, *words: str, status: int = 0, cookies: str = "cookies.txt") -> str:
        """Runs a command as a user with secrets does; what it says."""
        quiet = {name: text for name, text in os.environ.items() if "proxy" not in name.lower()}
        proxy = f"http://me:{PROXY}@{self.server.root.removeprefix('http://')}"
        mine = {"MULTIHOWTO_COOKIES": str(self.folder / cookies), "HTTPS_PROXY": proxy}
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "multihowto", *words],
            env={**quiet, **mine, "TMPDIR": str(temporary)},
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == status and "Traceback" not in said, said
        self.said += said
        return said

    def build(self, *more: str, status: int = 0, cookies: str = "cookies.txt") -> str:
        words = ["build", str(self.folder / "canaries.yaml"), "--root", str(self.store), "--executor", "here"]
        return self.command(*words, *more, status=status, cookies=cookies)

    def texts(self) -> dict[str, str]:
        """All that is written, by file: Parquet decoded as well."""
        made = [self.folder / "store", self.folder / "tmp"]
        paths = [path for root in made for path in root.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): text_of(path) for path in paths}


def text_of(path: Path) -> str:
    """The bytes of a file, and the values of a table."""
    text = path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        text += f"{table.to_pylist()} {table.schema.metadata}"
    return text


def found(secret: str, text: str) -> bool:
    """Whether a secret is in a text, plain or in base64 (as a proxy's password is sent)."""
    coded = base64.b64encode(f"me:{secret}".encode()).decode()
    return secret in text or coded in text


def video() -> Answer:
    """A second of a test picture."""
    made = subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-f", "lavfi"),
            *("-i", "testsrc=s=160x120:r=25:d=2", "-pix_fmt", "yuv420p", "-c:v", "libx264"),
            *("-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "-"),
        ],
        capture_output=True,
        check=True,
    )
    return Answer(made.stdout, type="video/mp4")


def put_up(server: FaultServer) -> dict[str, str]:
    """Pages that are good, gone, without media, moved to a bad place, and behind a proxy; their URLs by id."""
    token = (("Set-Cookie", f"LOGIN_INFO={SET_COOKIE}; Path=/"),)
    good = {"good": video(), "empty": Answer(type="video/mp4"), "lost": Answer(status=404)}
    for name, media in good.items():
        server.answers[f"/{name}"] = Answer(PAGE.format(name=name).encode(), headers=token)
        server.answers |= {f"/{name}/clip.mp4": media, f"/{name}/en.vtt": Answer(CUE, type="text/vtt")}
    server.answers["/gone"] = Answer(f"no page for SID={SET_COOKIE}".encode(), 404, headers=token)
    server.answers["/moved"] = Answer(status=302, location="http://127.0.0.1:1/x?sig=CANARYredirect")
    server.answers["/ftp"] = Answer(
        status=302, location="ftp://me:CANARYredirect@127.0.0.1/x?sig=CANARYredirect"
    )
    urls = {name: f"{server.root}/{name}" for name in (*good, "gone", "moved", "ftp")}
    urls["proxied"] = "https://a.test/watch"
    urls["secret"] = f"http://me:{MANIFEST}@127.0.0.1/x"
    return urls


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A store that was built, and whose failures were tried again."""
    folder = tmp_path_factory.mktemp("canaries")
    with fault_server() as server:
        rows = [f"{name},{url}" for name, url in put_up(server).items()]
        (folder / "videos.csv").write_text("\n".join(["video_id,url", *rows, ""]))
        (folder / "canaries.yaml").write_text(PIPELINE)
        (folder / "cookies.txt").write_text(COOKIES.format(COOKIE))
        (folder / "broken.txt").write_text(f"SID={COOKIE}\n")
        made = Run(folder, server)
        made.build("--json")
        made.build("--retry")
        yield made


def test_the_secrets_were_used(run: Run) -> None:
    told = " ".join(run.server.told)
    assert all(found(secret, told) for secret in (COOKIE, PROXY, *SIGNED[:3]))
    assert f"me:{MANIFEST}" not in told


def test_every_path_was_taken(run: Run) -> None:
    shown = run.command("report", str(run.store), "--json")
    for code in ("bad_media", "not_found", "unreachable", "bad_url"):
        assert code in shown


def test_what_commands_say_and_write(run: Run) -> None:
    store = str(run.store)
    for words in (["report", store], ["report", store, "--html"], ["status", store], ["show", store, "good"]):
        run.command(*words)
    for name in ("empty", "moved", "proxied"):
        assert name in run.command("show", store, name)
    run.command("check", str(run.folder / "canaries.yaml"))
    expect_no_canary(run)


def test_a_mistake_does_not_tell(run: Run) -> None:
    said = run.build("--retry", status=2, cookies="broken.txt")
    assert "cookies.txt" in said
    said = run.build("--retry", status=2, cookies="none.txt")
    assert "cannot be read" in said
    expect_no_canary(run)


def test_a_blocked_session_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cookies.txt").write_text(COOKIES.format(COOKIE))
    monkeypatch.setenv("MULTIHOWTO_COOKIES", str(tmp_path / "cookies.txt"))
    kept = KeptFolder(tmp_path / "kept")
    with fault_server() as server:
        told = f"slower, SID={SET_COOKIE}".encode()
        token = (("Set-Cookie", f"LOGIN_INFO={SET_COOKIE}; Path=/"), ("Retry-After", "1"))
        server.answers["/p"] = Answer(told, 429, headers=token)
        site = site_on(kept)
        with pytest.raises(SessionBlocked) as caught:
            site.fetch("v1", f"{server.root}/p?token=CANARYtoken")
        site.close()
        assert any(COOKIE in one for one in server.told)
    texts = [str(caught.value), *(text_of(path) for path in kept.root.rglob("*") if path.is_file())]
    assert not [text for text in texts if "CANARY" in text]


def expect_no_canary(run: Run) -> None:
    """Cookies and passwords are nowhere; signed addresses are only where a killed build goes on from.

    The page's answer is kept under kept/<shard>/<video>/info.json, and without the signatures in it, each video
    in flight would be asked for again. They open this file of this video for some hours, and no account.
    """
    everything = {"said": run.said, **run.texts()}
    for secret in NEVER:
        assert [name for name, text in everything.items() if found(secret, text)] == []
    for secret in SIGNED:
        places = [name for name, text in everything.items() if secret in text]
        assert all(name.startswith("store/kept/") and name.endswith("/info.json") for name in places), places
