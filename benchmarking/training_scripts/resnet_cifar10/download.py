"""Fetch a file once, however many trials want it, and check it by the MD5 sum that its publisher gives."""

import contextlib
import fcntl
import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request


def fetch(url, path, md5):
    """See that ``path`` exists: if it does not, download it.

    Trials that start together wait for the first of them. The file appears whole or not at all.

    :raises OSError: there is no network, the file is cut short, or it is not the one that is wanted
    """
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        if not path.is_file():
            _download(url, path, md5)


@contextlib.contextmanager
def locked(path):
    """One process at a time, for each ``path``. The system releases the lock if its holder dies."""
    with open(path.with_name(f".{path.name}.lock"), "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process that makes {path}", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(url, path, md5):
    print(f"downloading {url} to {path}", file=sys.stderr, flush=True)
    unfinished = path.with_name(f"{path.name}.part")
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with urllib.request.urlopen(url, timeout=60) as response, open(unfinished, "wb") as file:
            while chunk := response.read(1 << 20):
                digest.update(chunk)
                file.write(chunk)
            expected = response.headers.get("Content-Length")
        size = unfinished.stat().st_size
        if expected is not None and size < int(expected):
            raise OSError(f"the connection ended after {size:,} of {int(expected):,} bytes")
        if digest.hexdigest() != md5:
            raise OSError(f"its MD5 sum is {digest.hexdigest()}, expected {md5}")
        os.replace(unfinished, path)
    except urllib.error.HTTPError as error:
        with error:
            raise OSError(f"the server says {error.code} {error.reason}") from None
    except http.client.HTTPException as error:
        raise OSError(f"the answer cannot be read: {error!r}") from error
    finally:
        unfinished.unlink(missing_ok=True)
