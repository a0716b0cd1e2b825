"""README, CHANGELOG and docs say what is so."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.broker.topology import ENTITIES
from libs.common.domain.rules import StoreRules
from libs.common.ledger.connect import connect
from libs.common.ledger.model import Held, Hint, Record, Settlement, State
from libs.common.ledger.repository import MongoLedger
from libs.common.settings_page import render_table, rows
from libs.common.shopify.check import REQUIRED_SCOPES
from services.webhook_gateway.topics import ENTITY_BY_TOPIC
from tests.unit.project.tree import ROOT, project, text_of, tracked

README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FAULTS = [f"F{number:02}" for number in range(1, 42)]
NOT_YET = "not yet"
#: Where a record's reason to hold comes from.
HOLDING = ("services/workers", "libs/common/ledger", "libs/common/odoo", "libs/common/shopify")
#: Asked by `tandem store check` alone, or refusing to start a process: they hold no record.
CHECKS = {"libs/common/shopify/check.py", "libs/common/odoo/check.py", "services/workers/__main__.py"}
HOLDERS = {"Hold": 0, "refuse": 0, "hold_for": 0, "Held": 0, "Rejected": 2, "RowRefused": 2, "QueryTooExpensive": 2}


def by_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_variable_that_is_named_is_read_by_somebody(page: Path) -> None:
    known = {name for name, *_ in rows()}
    named = set(re.findall(r"\bTANDEM_[A-Z_]*[A-Z]\b", page.read_text()))
    assert {name for name in named if not name.startswith("TANDEM_TEST_")} <= known


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = re.findall(r"`((?:libs|services|tests|docs|deploy|requirements)/[\w./-]+)`", page.read_text())
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_first_two_commands_are_those_a_newcomer_types() -> None:
    block = re.search(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    assert block
    assert block.group(1).split("\n")[:2] == ["make demo", "make test"]


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"(?:`|^)make ([a-z]+)\b", page.read_text(), flags=re.MULTILINE))
        assert named <= targets, page.name
    told = set(re.findall(r'@echo "make ([a-z]+)', (ROOT / "Makefile").read_text()))
    assert told == targets - {"help"}


def test_every_module_that_is_run_exists() -> None:
    for module in set(re.findall(r"python -m ([\w.]+)", README)):
        assert (ROOT / module.replace(".", "/") / "__main__.py").exists(), module


def test_every_command_of_tandem_that_is_named_exists() -> None:
    cli = pytest.importorskip("services.console.cli")
    import typer.main

    command = typer.main.get_command(cli.app)
    known = set()
    for name, found in getattr(command, "commands", {}).items():
        known |= {f"{name} {sub}" for sub in getattr(found, "commands", {})} or {name}
    named = set(re.findall(r"`tandem ((?:store|records|products|customers|privacy) [a-z]+|[a-z]+)", README))
    assert named <= known
    assert known <= named, "the README's table of commands leaves one out"


def test_the_readme_shows_the_settings_as_they_are() -> None:
    """Renew it with `python -m libs.common.settings_page --table`."""
    assert render_table() in README


def test_the_readme_names_every_topic_and_every_scope() -> None:
    for word in (*ENTITY_BY_TOPIC, *REQUIRED_SCOPES):
        assert f"`{word}`" in README, word
    for queue in ENTITIES.values():
        assert f"python -m services.workers {queue}" in README


def test_the_newest_changes_are_those_of_this_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert versions[0] == project()["project"]["version"]


def test_the_schemas_licence_is_named() -> None:
    assert "ISC licence" in README
    assert "LICENSE-NOTE" in README


@functools.cache
def codes_in_code() -> frozenset[str]:
    """Every code a record can be held with, from the calls that make one."""
    paths = [p for p in tracked() if p.suffix == ".py" and by_name(p).startswith(HOLDING) and by_name(p) not in CHECKS]
    trees = [ast.parse(text_of(path) or "") for path in paths]
    constants = {
        target.id: node.value.value
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = {code for tree in trees for node in ast.walk(tree) for code in codes_of(node, constants)}
    return frozenset(found)


def codes_of(node: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    places: list[ast.expr] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HOLDERS:
        index = HOLDERS[node.func.id]
        places += node.args[index : index + 1]
        places += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
    elif isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "Rejected" for b in node.bases):
        places += [
            each.value
            for each in node.body
            if isinstance(each, ast.AnnAssign) and ast.unparse(each.target) == "code" and each.value
        ]
    elif isinstance(node, ast.Tuple) and node.elts and ast.unparse(node.elts[0]) == "Rejected":
        places += node.elts[1:2]
    for place in places:
        values = [place.body, place.orelse] if isinstance(place, ast.IfExp) else [place]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value
            elif isinstance(value, ast.Name) and value.id in constants:
                yield constants[value.id]


def test_every_reason_to_hold_is_explained_with_what_to_do() -> None:
    pages = [path.read_text().split("## Reasons to hold") for path in sorted((ROOT / "docs").glob("*.md"))]
    tables = "\n".join(page[1] for page in pages if len(page) > 1)
    explained = re.findall(r"^\| `(\w+)` \| [^|]{5,} \| [^|]{5,} \|$", tables, flags=re.MULTILINE)
    assert len(explained) == len(set(explained))
    assert set(explained) == codes_in_code()
    assert {"product_missing", "odoo_incompatible", "row_refused", "too_large", "gave_up"} <= codes_in_code()


def test_every_rule_of_a_store_is_named_where_it_matters() -> None:
    page = (ROOT / "docs/orders.md").read_text()
    for rule in StoreRules.model_fields:
        assert f"`{rule}" in page or rule == "shipping_product_id", rule


def test_the_ledgers_fields_and_states_are_explained() -> None:
    page = (ROOT / "docs/ledger.md").read_text()
    for name in Record.__dataclass_fields__:
        assert re.search(rf"\b{name}\b", page), name
    assert all(state.value in page for state in State)


def test_the_document_that_is_shown_is_one_that_is_written() -> None:
    """Field by field of the example, and no field in the ledger that it leaves out."""
    example = (ROOT / "docs/ledger.md").read_text().split("```js", 1)[1].split("```")[0]
    shown = set(re.findall(r"\b(\w+): ", example))
    with connect("embedded", "tandem") as connection:
        ledger = MongoLedger(connection.database, connection.clock)
        hint = Hint(
            "acme", "order", "1", version=connection.clock.now(), name="#1", why="orders/create", delivery_id="d"
        )
        ledger.record_hints([hint])
        claim = ledger.claim("acme", "order", [hint.id], worker="w", lease_seconds=60, limit=1)
        assert claim
        seq = claim.records[0].wanted.seq
        held = Held("product_missing", "is not in Odoo", "create it", {"line": "mug"})
        ledger.settle(claim.token, [Settlement(hint.id, State.HELD, seq, held=held)])
        (document,) = connection.database["records"].find()
    assert set(document) <= shown
    assert set(document["wanted"]) == {"version", "seq", "why", "at"}
    assert set(document["held"]) == {"code", "message", "hint", "details"}
    assert [event["what"] for event in document["history"]] == ["hint", "claim", "held"]
    assert all(set(event) <= {"at", "what", "details"} for event in document["history"])


def guarantees() -> dict[str, str]:
    """The last cell of each row, by the fault's id."""
    page = (ROOT / "docs/guarantees.md").read_text()
    lines = re.findall(r"^\| (F\d\d) \| .+ \| ([^|]+) \|$", page, flags=re.MULTILINE)
    assert [name for name, _ in lines] == FAULTS, "each fault once, in order"
    return dict(lines)


def names_of_tests(path: Path) -> set[str]:
    return set(re.findall(r"^\s*(?:async )?def (test_\w+)", path.read_text(), flags=re.MULTILINE))


def test_every_test_that_holds_a_guarantee_exists() -> None:
    for fault, cell in guarantees().items():
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", cell)
        assert named or NOT_YET in cell, fault
        for file, name in named:
            path = ROOT / "tests" / file
            assert path.exists(), f"{fault}: {file}"
            assert name in names_of_tests(path), f"{fault}: {file}::{name}"


def test_a_test_named_after_a_fault_is_in_the_table() -> None:
    cells = guarantees()
    for path in (p for p in tracked() if p.name.startswith("test_")):
        for name in sorted(names_of_tests(path)):
            fault = re.match(r"test_(f\d\d)_", name)
            if fault:
                assert f"::{name}`" in cells[fault.group(1).upper()], f"name {name} in docs/guarantees.md"


def test_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs/decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    listed = (folder / "README.md").read_text()
    for name in pages:
        text = (folder / name).read_text()
        assert f"({name})" in listed
        assert text.startswith(f"# {name[:4]}: ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences"))
        assert text.splitlines()[0].split(": ", 1)[1] in listed
