"""Data of the torch benchmarks are downloaded once, and checked: against a server of our own."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[3] / "benchmarking" / "training_scripts"
FOLDERS = ("lstm_wikitext2", "mlp_fashionmnist", "resnet_cifar10", "transformer_wikitext2")


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files``; counts requests; sends only the first half of files in ``cut``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.requests: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.server.requests.append(name)
        if name not in self.server.files:
            self.send_error(404)
            return
        content = self.server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if name in self.server.cut else content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections: taken, so that nobody else can listen there, but not listened at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def cifar_archive() -> dict[str, bytes]:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for i in range(1, 6):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/data_batch_{i}.bin")
            member.size = 3073
            tar.addfile(member, io.BytesIO(bytes([i]) * 3073))
    return {"cifar-10-binary.tar.gz": packed.getvalue()}


def wikitext_archive() -> dict[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("train", "valid"):
            archive.writestr(f"wikitext-2/wiki.{name}.tokens", f" \n = {name} = \n some more words \n")
    return {"wikitext-2-v1.zip": packed.getvalue()}


def fashion_files() -> dict[str, bytes]:
    images, labels = np.zeros((6, 28, 28), np.uint8), np.arange(6, dtype=np.uint8)
    arrays = {"train-images-idx3-ubyte.gz": images, "train-labels-idx1-ubyte.gz": labels}
    return {
        name: gzip.compress(bytes([0, 0, 8, a.ndim]) + np.array(a.shape, ">u4").tobytes() + a.tobytes())
        for name, a in arrays.items()
    }


#: By folder: the module that reads data, its function, the files, what ``URL`` is.
READERS = {
    "resnet_cifar10": ("cifar10_data", "load_training_images", cifar_archive),
    "mlp_fashionmnist": ("fashion_data", "load_training_images", fashion_files),
    "lstm_wikitext2": ("wikitext_data", "load_tokens", wikitext_archive),
    "transformer_wikitext2": ("wikitext_data", "load_tokens", wikitext_archive),
}

# Reads the data of a folder whose URL and MD5 sums are replaced; prints how many there are, or the error.
READ = """
import importlib, json, sys
module, function, replaced, folder = json.loads(sys.argv[1])
data = importlib.import_module(module)
for name, value in replaced.items():
    setattr(data, name, value)
print("ready", flush=True)
sys.stdin.readline()
try:
    print(len(getattr(data, function)(folder)[0]))
except data.DataError as error:
    print(f"DataError: {error}")
"""


def start_reader(folder: str, url: str, files: dict[str, bytes], target: Path) -> subprocess.Popen[str]:
    module, function, _ = READERS[folder]
    sums = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    (name, single), *more = sums.items()
    replaced = {"URL": url, "MD5": sums} if more else {"URL": url + name, "MD5": single}
    return subprocess.Popen(
        [sys.executable, "-c", READ, json.dumps([module, function, replaced, str(target)])],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS / folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcomes(readers: list[subprocess.Popen[str]]) -> tuple[list[str], str]:
    """What they print once all have started, and all that they say on standard error."""
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n", reader.communicate()[1]
    for reader in readers:
        assert reader.stdin is not None
        reader.stdin.write("go\n")
        reader.stdin.flush()
    ends = [reader.communicate(timeout=240) for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * len(readers), ends
    return [out.strip() for out, _ in ends], "".join(err for _, err in ends)


@pytest.mark.parametrize("folder", READERS)
def test_trials_that_start_together_download_once(folder: str, server: Server, awkward_path: Path) -> None:
    server.files = READERS[folder][2]()
    target = awkward_path / "cache"
    readers = [start_reader(folder, server.url, server.files, target) for _ in range(3)]
    said, errors = outcomes(readers)
    assert len(set(said)) == 1, said
    assert int(said[0]) > 3
    assert sorted(server.requests) == sorted(server.files), "each file once"
    assert errors.count("downloading http") == len(server.files)
    assert not list(awkward_path.rglob("*.part"))


@pytest.mark.parametrize("folder", READERS)
@pytest.mark.parametrize("trouble", ["another file", "cut short", "not there", "no server"])
def test_what_cannot_be_downloaded_leaves_nothing_and_says_what_to_put_where(
    folder: str, trouble: str, server: Server, closed_port: int, tmp_path: Path, load_module
) -> None:
    module, function, make = READERS[folder]
    data, files = load_module(f"{folder}/{module}.py"), make()
    first = next(iter(files))
    server.files = {} if trouble == "not there" else files
    url = server.url
    if trouble == "no server":
        url = f"http://127.0.0.1:{closed_port}/"
    if trouble == "cut short":
        server.cut = set(files)
    if not isinstance(data.MD5, dict):
        url += first
    data.URL = url
    message = {
        "another file": "its MD5 sum is [0-9a-f]{32}, expected",
        "cut short": r"the connection ended after [\d,]+ of [\d,]+ bytes",
        "not there": "the server says 404",
        "no server": "refused",
    }[trouble]
    with pytest.raises(data.DataError, match=f"could not be downloaded: .*{message}.* Put .*") as caught:
        getattr(data, function)(tmp_path / "cache")
    assert f"{tmp_path}/cache/" in str(caught.value)
    assert url in str(caught.value)
    left = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert left == [f".{first}.lock"]


@pytest.mark.parametrize("folder", READERS)
def test_nothing_is_downloaded_if_that_is_not_wanted(
    folder: str, server: Server, tmp_path: Path, load_module
) -> None:
    module, function, _ = READERS[folder]
    data = load_module(f"{folder}/{module}.py")
    with pytest.raises(data.DataError, match=r"^no .* data found\. Put https://") as caught:
        getattr(data, function)(tmp_path / "cache", download=False)
    assert f"{tmp_path}/cache/" in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_folders_travel_alone_and_their_copies_are_equal() -> None:
    def content(*names: str) -> set[str]:
        return {(SCRIPTS / name).read_text() for name in names}

    assert len(content(*(f"{folder}/download.py" for folder in FOLDERS))) == 1
    assert len(content("lstm_wikitext2/wikitext_data.py", "transformer_wikitext2/wikitext_data.py")) == 1
    checkpoints = (
        *("lstm_wikitext2/lstm_checkpoint.py", "mlp_fashionmnist/mlp_fashion_checkpoint.py"),
        *("resnet_cifar10/resnet_checkpoint.py", "transformer_wikitext2/transformer_checkpoint.py"),
    )
    assert len(content(*checkpoints)) == 1
