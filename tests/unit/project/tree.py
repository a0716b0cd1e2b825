"""The project's own files, as its tests look at them."""

from __future__ import annotations

import functools
import subprocess
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "requirements"
EXTRAS = ("gateway", "workers", "scheduler", "console", "demo", "dev")
LEFT_OUT = {".git", ".venv", "build", "__pycache__", ".hypothesis"}


@functools.cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@functools.cache
def tracked() -> tuple[Path, ...]:
    """What git knows and is still there; in an unpacked archive without git, every file that is no by-product."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [
            p for p in ROOT.rglob("*") if not LEFT_OUT.intersection(p.relative_to(ROOT).parts) and p.suffix != ".pyc"
        ]
    return tuple(sorted(path for path in paths if path.is_file()))


def text_of(path: Path) -> str | None:
    """None for what is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def locked(extra: str) -> dict[str, list[Requirement]]:
    """The pins of `requirements/<extra>.txt` by normalised name; one name may be pinned for several environments."""
    pins: dict[str, list[Requirement]] = {}
    for line in (REQUIREMENTS / f"{extra}.txt").read_text().splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip("\\ "))
            pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


def wanted(extra: str) -> list[Requirement]:
    """What pyproject asks for an extra, with the common dependencies; `tandem[…]` stands for its own extras."""
    optional = project()["project"]["optional-dependencies"]
    found = [Requirement(text) for text in project()["project"]["dependencies"]]
    queue, seen = [extra], set()
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        for requirement in map(Requirement, optional[name]):
            if requirement.name == "tandem":
                queue += requirement.extras
            else:
                found.append(requirement)
    return found
