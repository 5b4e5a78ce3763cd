"""A Hub on this machine, as far as an upload asks for one: repositories, LFS objects, commits."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeHub:
    """One repository: its files by path, what was asked of it, and the token it takes."""

    token: str
    url: str = ""
    private: bool | None = None
    """None until the repository is made."""
    files: dict[str, bytes] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False
    """Whether LFS objects are refused."""

    def told(self, path: str, data: bytes) -> tuple[int, object]:
        """Status and body of the answer to a request that has a good token; models are asked for as datasets are."""
        path = path.replace("/api/models/", "/api/datasets/")
        path = "/datasets" + path if path.startswith("/org/") else path
        if path == "/api/repos/create":
            there = self.private is not None
            self.private = self.private if there else _is_private(json.loads(data))
            return (409 if there else 200), {"url": f"{self.url}/datasets/org/name"}
        if path == "/datasets/org/name.git/info/lfs/objects/batch":
            return 200, {"transfer": "basic", "objects": self.batch(json.loads(data)["objects"])}
        if path == "/api/datasets/org/name":
            return 200, {"id": "org/name", "private": self.private, "sha": "0" * 40, "siblings": []}
        tails = {"tree": self.tree, "preupload": self.preupload, "commit": self.commit}
        what = path.removeprefix("/api/datasets/org/name/").split("/")[0]
        if what in tails:
            return 200, tails[what](data)
        return (
            (200, {"errors": [], "warnings": []}) if path == "/api/validate-yaml" else (404, {"error": path})
        )

    def tree(self, data: bytes) -> object:
        return [{"type": "file", "path": path, "size": 1, "oid": "0"} for path in self.files]

    def preupload(self, data: bytes) -> object:
        """Parquet and weights go the way of large files."""
        asked = [one["path"] for one in json.loads(data)["files"]]
        modes = {path: "lfs" if path.endswith((".parquet", ".safetensors")) else "regular" for path in asked}
        return {
            "files": [{"path": one, "uploadMode": mode, "shouldIgnore": False} for one, mode in modes.items()]
        }

    def batch(self, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one | {"actions": {"upload": {"href": f"{self.url}/lfs/{one['oid']}"}}} for one in objects]

    def commit(self, data: bytes) -> object:
        for line in map(json.loads, data.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del self.files[value["path"]]
        return {"commitUrl": f"{self.url}/datasets/org/name/commit/1", "commitOid": "1" * 40}


def _is_private(asked: dict[str, Any]) -> bool:
    """Older versions of huggingface_hub say `private`, newer ones `visibility`."""
    return bool(asked.get("private")) or asked.get("visibility") == "private"


@contextmanager
def fake_hub(token: str) -> Iterator[FakeHub]:
    """Runs a fake Hub while the block lasts."""
    hub = FakeHub(token)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def answer(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def handle_any(self) -> None:
            path, data = self.path.split("?")[0], self.body()
            hub.asked.append((self.command, path))
            if self.command == "PUT":
                if not hub.broken:
                    hub.objects[path.rsplit("/", 1)[1]] = data
                self.answer(403 if hub.broken else 200, {})
            elif self.headers.get("Authorization") != f"Bearer {hub.token}":
                self.answer(401, {"error": "Invalid credentials"})
            else:
                self.answer(*hub.told(path, data))

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
