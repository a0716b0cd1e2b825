"""What holds for every file of the project."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.project.tree import ROOT, text_of, tracked

#: Folders that one machine has and the next one has not; written so that this line is none of them.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:root|work|tmp|home|Users)/[\w.]")
REGISTRIES = re.compile(
    r"\b(?:pypi|pythonhosted|registry\.npmjs|registry\.yarnpkg|proxy\.golang|crates|rubygems|artifactory)\.(?:org|com|io)\b"
)
SHELLS = {"#!/bin/sh": "sh", "#!/usr/bin/env bash": "bash"}


def scripts() -> list[Path]:
    return [p for p in tracked() if p.suffix == ".sh" or (text_of(p) or "").startswith(tuple(SHELLS))]


def test_git_knows_the_project() -> None:
    names = {str(path.relative_to(ROOT)) for path in tracked()}
    assert {"pyproject.toml", "Makefile", "README.md", "docker-compose.yml", "deploy/venv.sh"} <= names
    assert not [name for name in names if name.startswith((".venv/", "build/")) or name == ".env"]


def test_no_file_names_a_folder_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        for match in MACHINE_PATHS.finditer(text_of(path) or "")
    ]
    assert not found


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        for match in REGISTRIES.finditer(text_of(path) or "")
    ]
    assert not found


@pytest.mark.parametrize("script", scripts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_script_can_be_read_by_its_shell(script: Path) -> None:
    first = script.read_text().split("\n", 1)[0]
    assert first in SHELLS, f"{script.name} does not say which shell reads it"
    parsed = subprocess.run([SHELLS[first], "-n", str(script)], capture_output=True, text=True, check=False)
    assert (parsed.returncode, parsed.stderr) == (0, "")


def test_what_is_run_by_name_may_be_run() -> None:
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_the_ci_runs_what_a_developer_runs() -> None:
    commands = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]
    assert commands == ["make check", "make test"]
