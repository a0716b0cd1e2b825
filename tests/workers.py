"""Worker processes for tests, forked off one that has imported the program: to start costs a tenth of a fresh Python.

Each is a process of its own, with an environment, memory and signals of its own, and runs what
`python -m services.workers` runs; only what it imports was read before.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

POLL_SECONDS = 0.01

_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(["services.workers.__main__"])


class Worker:
    """Has the face of a `subprocess.Popen`, as far as tests look into it; may be asked by several threads."""

    def __init__(self, queues: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        self._lock = threading.Lock()
        self._process = _forked.Process(target=_run, args=(list(queues), dict(environment), folder), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        with self._lock:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("services.workers", timeout or 0)
            time.sleep(POLL_SECONDS)
        return code

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        if self.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        if self.poll() is None:
            self._process.kill()


def _run(queues: list[str], environment: dict[str, str], folder: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    from services.workers.__main__ import main

    sys.exit(main(queues))
