"""The requirement lists: pinned, hashed, whole, and the same wherever they are installed from."""

from __future__ import annotations

import itertools
import re

import pytest
from packaging.utils import canonicalize_name

from tests.unit.project.tree import EXTRAS, REQUIREMENTS, locked, project, wanted

HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
PIN = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ;]+( ; .+)? \\$")


def test_there_is_a_list_for_every_extra_that_is_installed_on_its_own() -> None:
    assert sorted(path.stem for path in REQUIREMENTS.iterdir()) == sorted(EXTRAS)
    assert set(EXTRAS) <= set(project()["project"]["optional-dependencies"])


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_line_is_a_pin_a_hash_or_a_remark(extra: str) -> None:
    """So there is no address, no option and no package without a hash in it."""
    lines = (REQUIREMENTS / f"{extra}.txt").read_text().splitlines()
    odd = [line for line in lines if not (PIN.match(line) or HASH.match(line) or line.lstrip().startswith("#"))]
    assert not odd
    unhashed = [pin for pin, following in itertools.pairwise(lines) if PIN.match(pin) and not HASH.match(following)]
    assert not unhashed
    assert sum(1 for line in lines if PIN.match(line)) > 10


@pytest.mark.parametrize("extra", EXTRAS)
def test_no_list_names_an_address(extra: str) -> None:
    assert not re.findall(
        r"://|--(?:index|extra-index|find-links|trusted)", (REQUIREMENTS / f"{extra}.txt").read_text()
    )


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_dependency_is_in_its_list_in_a_version_that_pyproject_allows(extra: str) -> None:
    pins = locked(extra)
    for requirement in wanted(extra):
        found = pins.get(canonicalize_name(requirement.name))
        assert found, f"{requirement} is not in requirements/{extra}.txt: run `make lock`"
        for pin in found:
            (specifier,) = pin.specifier
            assert specifier.version in requirement.specifier, f"{pin} is not {requirement}: run `make lock`"


def test_all_lists_agree_on_every_version() -> None:
    """What is tested is what is deployed."""
    tested = locked("dev")
    for extra in EXTRAS:
        for name, pins in locked(extra).items():
            assert name in tested, f"{name} of {extra}.txt is in no test run"
            versions = {str(pin.specifier) for pin in pins}
            assert versions == {str(pin.specifier) for pin in tested[name]}, f"{name}: {extra}.txt and dev.txt differ"
