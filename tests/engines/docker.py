"""An engine as a container, where a Docker engine answers."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Sequence

from tests.engines.process import EngineMissing


@functools.cache
def available() -> bool:
    """Whether `docker info` reaches an engine; the client alone is not enough."""
    if shutil.which("docker") is None:
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise EngineMissing(f"docker {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


class Container:
    """Has the same handles as `ChildProcess`; its ports keep their numbers over a restart."""

    def __init__(self, name: str, image: str, *, ports: dict[int, int], command: Sequence[str] = ()) -> None:
        self.name = name
        published = [part for host, inner in ports.items() for part in ("-p", f"127.0.0.1:{host}:{inner}")]
        self._create = ("create", *published, image, *command)
        self._id: str | None = None

    @property
    def pid(self) -> int:
        return int(docker("inspect", "-f", "{{.State.Pid}}", self._known()))

    def _known(self) -> str:
        if self._id is None:
            self._id = docker(*self._create)
        return self._id

    def alive(self) -> bool:
        return self._id is not None and docker("inspect", "-f", "{{.State.Running}}", self._id) == "true"

    def start(self) -> None:
        docker("start", self._known())

    def stop(self) -> None:
        docker("stop", "-t", "20", self._known())

    def kill(self) -> None:
        docker("kill", "-s", "KILL", self._known())

    def pause(self) -> None:
        docker("pause", self._known())

    def resume(self) -> None:
        if docker("inspect", "-f", "{{.State.Paused}}", self._known()) == "true":
            docker("unpause", self._known())

    def run_inside(self, *command: str) -> str:
        return docker("exec", self._known(), *command)

    def remove(self) -> None:
        if self._id is not None:
            docker("rm", "-f", "-v", self._id)
            self._id = None

    def last_words(self, lines: int = 15) -> str:
        return docker("logs", "--tail", str(lines), self._known())
