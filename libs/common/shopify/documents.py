"""The GraphQL documents of `documents/`, parsed once, each with the cost that its first line declares.

    # cost: 0 + 36 * ids

is 0 points and 36 more for each element of the variable `ids`. The document's own tests compare it with
Shopify's rules; what the shop really charges is learnt from its answers. Fragments that several documents share are in
`documents/fragments/`; a document gets those that it names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    parse,
    print_ast,
)

FOLDER = resources.files(__package__).joinpath("documents")
_SPREAD = re.compile(r"\.\.\.\s*(\w+)")
_COST = re.compile(r"^# cost: (\d+) \+ (\d+) \* (\w+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One operation as it is sent."""

    name: str
    """The file's name without its ending."""
    text: str
    tree: DocumentNode
    mutation: bool
    base_cost: int
    cost_each: int
    """Points for each element of the variable `counted`."""
    counted: str

    def cost(self, variables: Mapping[str, Any]) -> int:
        """Points to reserve before it is sent with these variables."""
        return self.base_cost + self.cost_each * len(variables.get(self.counted) or ())


@cache
def document(name: str) -> Document:
    """The document of this name. Raises ValueError for one without a declared cost or with several operations."""
    return parse_document(name, source_of(name))


def document_names() -> list[str]:
    """Every document there is, without the endings."""
    files = (file.name for file in FOLDER.iterdir())
    return sorted(name.removesuffix(".graphql") for name in files if name.endswith(".graphql"))


@cache
def source_of(name: str) -> str:
    """The text of a document, with the shared fragments that it names, directly or through one another."""
    source = FOLDER.joinpath(f"{name}.graphql").read_text(encoding="utf-8")
    shared, parts = _shared_fragments(), [source]
    waiting = _SPREAD.findall(source)
    taken: set[str] = set()
    while waiting:
        fragment = waiting.pop(0)
        if fragment in shared and fragment not in taken:
            taken.add(fragment)
            parts.append(shared[fragment])
            waiting += _SPREAD.findall(shared[fragment])
    return "\n".join(parts)


@cache
def _shared_fragments() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in FOLDER.joinpath("fragments").iterdir():
        for node in parse(file.read_text(encoding="utf-8")).definitions:
            if isinstance(node, FragmentDefinitionNode):
                found[node.name.value] = print_ast(node) + "\n"
    return found


def parse_document(name: str, source: str) -> Document:
    """From the text of a file; see `document`."""
    declared = _COST.search(source)
    if declared is None:
        raise ValueError(f"{name}: the first line must declare the cost, as in “# cost: 0 + 36 * ids”")
    tree = parse(source)
    operations = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1:
        raise ValueError(f"{name}: one operation, not {len(operations)}")
    text = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith("#"))
    mutation = operations[0].operation is OperationType.MUTATION
    base, each, counted = declared.groups()
    return Document(name, text, tree, mutation, int(base), int(each), counted)
