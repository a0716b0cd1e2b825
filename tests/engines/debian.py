"""Engines that Debian packages; installing one must not start the service that comes with it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.engines.process import EngineMissing

POLICY = Path("/usr/sbin/policy-rc.d")
DO_NOT_START = "#!/bin/sh\nexit 101\n"
LOCK_SECONDS = 300
LOCK = Path(tempfile.gettempdir()) / "tandem-engines.lock"


@contextlib.contextmanager
def no_services_started() -> Iterator[None]:
    """Debian asks policy-rc.d whether a freshly installed service may start; 101 means no."""
    existed = POLICY.exists()
    if not existed:
        POLICY.write_text(DO_NOT_START)
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if not existed:
            POLICY.unlink(missing_ok=True)


def can_install() -> bool:
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Tests run side by side: whoever comes while another installs waits, and finds it there.

    EngineMissing where nothing can be installed at all.
    """
    if not can_install():
        raise EngineMissing("apt-get needs Debian and root")
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(package: str) -> None:
    """Install a Debian package without its service, `one_at_a_time`; EngineMissing when that does not work."""
    with no_services_started():
        _apt("update")
        _apt("install", "-y", "--no-install-recommends", package)


def _apt(*arguments: str) -> None:
    command = ["apt-get", "-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}", "-q", *arguments]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineMissing(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
