"""How the environment is made: again after an interruption or a change, and not otherwise. Nothing is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.project.tree import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A project with empty requirement lists."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "deploy/venv.sh", tmp_path / "deploy")
    for name in ("demo", "dev"):
        (tmp_path / f"requirements/{name}.txt").write_text("# nothing\n")
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(120)
def test_an_environment_is_made_once_and_again_when_it_must(copy: Path) -> None:
    made = make(copy, ".venv/.dev")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.count("\n") == 1, "one line tells what is going on"
    marker = copy / ".venv/.dev"
    assert marker.exists()

    assert "up to date" in make(copy, ".venv/.dev").stdout
    assert "up to date" in make(copy, ".venv/.demo").stdout, "the tests' environment is the demo's as well"

    os.utime(copy / "requirements/demo.txt", (marker.stat().st_mtime + 10,) * 2)
    assert "requirements/demo.txt" in make(copy, ".venv/.demo").stdout
    assert not marker.exists(), "the other list may ask for something else now"

    leftover = copy / ".venv/lib/half-a-package"
    leftover.write_text("")
    (copy / ".venv/.unfinished").write_text("")
    assert make(copy, ".venv/.dev").returncode == 0
    assert not leftover.exists(), "what was interrupted is made anew"
    assert not (copy / ".venv/.unfinished").exists()

    (copy / "services/console").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "console/__init__": "",
        "console/__main__": "import sys; print(sys.argv[1:])",
    }.items():
        (copy / f"services/{name}.py").write_text(text)
    elsewhere = copy.parent
    called = subprocess.run(
        [copy / ".venv/bin/tandem", "a b"], cwd=elsewhere, capture_output=True, text=True, check=True
    )
    assert called.stdout == "['a b']\n"

    (copy / "requirements/dev.txt").write_text("no-hash==1\n")
    os.utime(copy / "requirements/dev.txt", (marker.stat().st_mtime + 10,) * 2)
    failed = make(copy, ".venv/.dev")
    assert failed.returncode != 0
    assert "hash" in failed.stderr
    assert not marker.exists(), "what failed must not look finished"
    assert (copy / ".venv/.unfinished").exists()


def test_a_missing_python_is_told_with_what_to_do(copy: Path) -> None:
    failed = make(copy, "PYTHON=no-such-python", ".venv/.dev")
    assert "'no-such-python' was not found" in failed.stderr
    assert "make PYTHON=" in failed.stderr


def test_an_old_python_is_refused(copy: Path) -> None:
    old = copy / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    failed = make(copy, f"PYTHON={old}", ".venv/.dev")
    assert "needs Python 3.11 or later" in failed.stderr
    assert "Python 3.9.2" in failed.stderr


def test_arguments_are_passed_on() -> None:
    tests = make(ROOT, "-n", "-o", ".venv/.dev", "test", "ARGS=-k one", "JOBS=3").stdout
    assert "-m pytest -n 3 " in tests
    assert tests.rstrip().endswith(" -k one")
    kept = make(ROOT, "-n", "-o", ".venv/.demo", "demo", "KEEP=1", "ARGS=--orders there").stdout
    assert kept.rstrip().endswith("-m services.console demo --keep --orders there")
    assert "--keep" not in make(ROOT, "-n", "-o", ".venv/.demo", "demo").stdout
