"""Each image holds what its service imports, and no more of the project: followed import by import, without Docker."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.unit.project.tree import ROOT, locked

ENTRANCES = {
    "gateway": "services.webhook_gateway",
    "workers": "services.workers",
    "scheduler": "services.scheduler",
    "console": "services.console",
}


def file_of(module: str) -> Path | None:
    """The file of one of our own modules."""
    base = ROOT.joinpath(*module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


def run_at_import(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that happen when the module is imported: not those within functions, nor those for type checkers."""
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            yield from run_at_import(statement.orelse)
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.ClassDef):
            for part in ("body", "orelse", "finalbody"):
                yield from run_at_import(getattr(statement, part, []))


def imported(path: Path) -> Iterator[str]:
    for statement in run_at_import(ast.parse(path.read_text()).body):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        else:
            assert statement.level == 0, f"{path}: relative imports are not used here"
            assert statement.module
            yield statement.module
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


def reached(entrance: str) -> tuple[set[str], set[str]]:
    """Our own modules that a service brings in, and the names of the foreign packages they import."""
    own: set[str] = set()
    foreign: set[str] = set()
    queue = [f"{entrance}.__main__"]
    while queue:
        module = queue.pop()
        path = file_of(module)
        if path is None or module in own:
            continue
        own.add(module)
        parents = module.split(".")
        queue += [".".join(parents[:length]) for length in range(1, len(parents))]
        for name in imported(path):
            if name.split(".")[0] in {"libs", "services"}:
                queue.append(name)
            elif name.split(".")[0] not in sys.stdlib_module_names:
                foreign.add(name.split(".")[0])
    return own, foreign


@pytest.mark.parametrize("target", ENTRANCES)
def test_a_service_imports_only_what_its_list_installs(target: str) -> None:
    _, foreign = reached(ENTRANCES[target])
    distributions = packages_distributions()
    pinned = set(locked(target))
    lacking = {n for n in foreign if not pinned & {canonicalize_name(d) for d in distributions.get(n, [n])}}
    assert not lacking, f"{target} imports what requirements/{target}.txt does not install"
    assert foreign


@pytest.mark.parametrize("target", ENTRANCES)
def test_a_service_imports_only_what_its_image_holds(target: str) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    stage = dockerfile.split(f" AS {target}\n")[1].split("\nFROM ")[0]
    shared = dockerfile.split(" AS service\n")[1].split("\nFROM ")[0]
    copied = re.findall(r"^COPY (?!--from)(\S+) ", shared + stage, flags=re.MULTILINE)
    own, _ = reached(ENTRANCES[target])
    assert f"{ENTRANCES[target]}.__main__" in own
    for module in own:
        path = file_of(module)
        assert path is not None
        relative = str(path.relative_to(ROOT))
        assert any(relative == each or relative.startswith(f"{each}/") for each in copied), (
            f"{module} is not in {target}"
        )


@pytest.mark.parametrize("target", ENTRANCES)
def test_an_image_starts_its_own_service(target: str) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    stage = dockerfile.split(f" AS {target}\n")[1].split("\nFROM ")[0]
    assert f'ENTRYPOINT ["python", "-m", "{ENTRANCES[target]}"]' in stage
