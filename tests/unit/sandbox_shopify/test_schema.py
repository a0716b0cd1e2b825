"""The pruned schema against the project's documents, and against the real one where that is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    is_enum_type,
    is_input_object_type,
    parse,
    validate,
)

from libs.common.shopify.documents import document_names, source_of
from libs.sandbox.shopify.prune import main, prune, read_introspection
from libs.sandbox.shopify.schema import SCHEMA_FILE

NAMES = document_names()


@pytest.fixture(scope="module")
def pruned() -> GraphQLSchema:
    return build_schema(SCHEMA_FILE.read_text("utf-8"))


@pytest.fixture
def full(reference: Path) -> GraphQLSchema:
    return build_client_schema(read_introspection(reference / "admin_2026-10.json.gz")["data"], assume_valid=True)


def test_there_are_documents_to_check() -> None:
    assert "orders_by_ids" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_valid_against_the_pruned_schema(name: str, pruned: GraphQLSchema) -> None:
    assert validate(pruned, parse(source_of(name))) == []


def test_every_document_is_valid_against_the_full_schema(full: GraphQLSchema) -> None:
    for name in NAMES:
        assert validate(full, parse(source_of(name))) == [], name


def test_the_pruned_schema_is_a_subset_of_the_full_one(pruned: GraphQLSchema, full: GraphQLSchema) -> None:
    for name, kept in pruned.type_map.items():
        if name.startswith("__"):
            continue
        real = full.type_map[name]
        assert type(kept) is type(real), name
        if is_enum_type(kept):
            assert kept.values.keys() == real.values.keys(), name  # type: ignore[attr-defined]
        for field_name, field in getattr(kept, "fields", {}).items():
            real_field = real.fields[field_name]  # type: ignore[attr-defined]
            assert str(field.type) == str(real_field.type), f"{name}.{field_name}"
            if is_input_object_type(kept):
                continue
            for argument, kept_argument in field.args.items():
                assert str(kept_argument.type) == str(real_field.args[argument].type)
            required = {a for a, d in real_field.args.items() if str(d.type).endswith("!")}
            assert required <= field.args.keys()


def test_what_is_committed_is_what_pruning_gives(reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "schema.graphql"
    assert main([str(reference / "admin_2026-10.json.gz"), str(out)]) == 0
    assert out.read_text("utf-8") == SCHEMA_FILE.read_text("utf-8")


def test_a_document_that_asks_for_an_unknown_field_cannot_be_pruned_for(reference: Path) -> None:
    with pytest.raises(ValueError, match="shoeSize"):
        prune(read_introspection(reference / "admin_2026-10.json.gz"), ["query { shop { shoeSize } }"])


def test_the_licence_stands_beside_the_schema() -> None:
    note = SCHEMA_FILE.with_name("LICENSE-NOTE").read_text("utf-8")
    assert "Shopify Inc." in note
    assert "@shopify/dev-mcp 1.16.0" in note
    assert "Permission to use, copy, modify" in note
