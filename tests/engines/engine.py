"""What every engine offers the tests, wherever it came from."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.engines.docker import Container
from tests.engines.process import ChildProcess, EngineMissing, NotOurs, wait_until

START_SECONDS = 90.0

T = TypeVar("T")


class Engine:
    """A server at `url`; `stop`, `start`, `kill`, `pause` and `resume` are for tests of faults.

    `body` is the process or container, or None when the address was given: then those raise `NotOurs`.
    """

    def __init__(self, name: str, url: str, body: ChildProcess | Container | None, folder: Path | None = None) -> None:
        self.name = name
        self.url = url
        self._body = body
        self._folder = folder

    @property
    def controllable(self) -> bool:
        return self._body is not None

    @property
    def is_process(self) -> bool:
        return isinstance(self._body, ChildProcess)

    @property
    def pid(self) -> int:
        return self._ours().pid

    def _ours(self) -> ChildProcess | Container:
        if self._body is None:
            raise NotOurs(f"{self.name} was given by address; it is not stopped for a test")
        return self._body

    def ready(self) -> bool:
        """Whether it serves now."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it on its old port and data, and wait until it serves."""
        body = self._ours()
        if not body.alive():
            body.start()
        try:
            wait_until(self.ready, seconds=START_SECONDS, what=self.name, alive=body.alive)
        except EngineMissing as missing:
            raise EngineMissing(f"{missing}: {body.last_words()}") from missing

    def stop(self) -> None:
        """End it cleanly; its data stays."""
        self._ours().stop()

    def kill(self) -> None:
        """End it as a power cut would; its data stays."""
        self._ours().kill()

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing is answered."""
        self._ours().pause()

    def resume(self) -> None:
        body = self._ours()
        body.resume() if isinstance(body, Container) else body.send(signal.SIGCONT)

    def close(self) -> None:
        """End it for good and remove what it wrote."""
        if isinstance(self._body, Container):
            self._body.remove()
        elif self._body is not None:
            self._body.kill()  # a clean end takes RabbitMQ seconds, for data that are removed
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def new_folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"tandem-{name}-"))


def first_that_works(name: str, ways: list[tuple[str, Callable[[], T | None]]]) -> T:
    """The first way that gives something; EngineMissing says why each did not."""
    reasons: list[str] = []
    for label, way in ways:
        try:
            found = way()
        except EngineMissing as missing:
            reasons.append(f"{label}: {missing}")
            continue
        if found is not None:
            return found
        reasons.append(f"{label}: none")
    raise EngineMissing(f"no {name} ({'; '.join(reasons)})")
