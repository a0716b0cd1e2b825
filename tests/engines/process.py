"""An engine as a child process: started on free ports and a folder of its own, ended by its pid.

Nothing lingers when the test run is killed: Linux ends the children with their parent (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 20.0
POLL_SECONDS = 0.05


class EngineMissing(Exception):
    """This engine cannot be had on this machine; the message says what was tried."""


class NotOurs(Exception):
    """This engine was given by address: it is not for us to stop it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(ready: Callable[[], bool], *, seconds: float, what: str, alive: Callable[[], bool]) -> None:
    """Ask `ready` until it says so; EngineMissing when `seconds` pass or `alive` says no."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive():
            raise EngineMissing(f"{what} ended while starting")
        if time.monotonic() > deadline:
            raise EngineMissing(f"{what} was not ready in {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def _is_stopped(task: Path) -> bool:
    """By the state that Linux tells after the command's name in brackets; a thread that has ended runs no more."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0] in {"T", "t", "Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return True


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ChildProcess:
    """One process in its own session, its output in `log`, started again as often as wanted."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.out"
        self._command = list(command)
        self._env = dict(env)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise NotOurs(f"{self.name} is not running")
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        # The death signal fires when the *thread* that forked ends, so only the main thread may ask for it.
        libc = _libc() if threading.current_thread() is threading.main_thread() else None

        def end_with_parent() -> None:
            if libc is not None:
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - two plain system calls between fork and exec
            )

    def send(self, signum: signal.Signals) -> None:
        if self.alive():
            os.kill(self.pid, signum)

    def pause(self) -> None:
        """Freeze it; when this returns none of its threads runs any more (the signal alone takes its time)."""
        self.send(signal.SIGSTOP)
        tasks = Path(f"/proc/{self.pid}/task")
        if tasks.exists():
            wait_until(
                lambda: all(_is_stopped(task) for task in tasks.iterdir()),
                seconds=STOP_SECONDS,
                what=f"the pause of {self.name}",
                alive=self.alive,
            )

    def stop(self, *, signum: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end; after `STOP_SECONDS` it is killed."""
        if self._process is None:
            return
        self.send(signal.SIGCONT)
        self.send(signum)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        if self._process is None:
            return
        self.send(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._process = None

    def last_words(self, lines: int = 15) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
