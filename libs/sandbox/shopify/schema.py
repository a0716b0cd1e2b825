"""The pruned Admin schema, made executable: scalars as Shopify writes them, documents parsed and judged once."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    build_ast_schema,
    get_variable_values,
    parse,
    print_ast,
    validate,
)

from libs.sandbox.shopify.cost import CostTree, compile_cost

VERSION = "2026-10"
SCHEMA_FILE = Path(__file__).resolve().parents[2] / "common" / "shopify" / "schema" / f"admin_{VERSION}.graphql"
DOCUMENTS_KEPT = 256

_UNDEFINED_FIELD = re.compile(r"Cannot query field '(?P<field>\w+)' on type '(?P<type>\w+)'")
_MISSING_ARGUMENT = re.compile(r"Argument '(?P<holder>@?[\w.]+)\((?P<argument>\w+):\)' of type .* is required")
_UNUSED_VARIABLE = re.compile(r"Variable '\$(?P<variable>\w+)' is never used")


def load_schema() -> GraphQLSchema:
    """A new schema object: whoever hangs resolvers on it changes nobody else's."""
    schema = build_ast_schema(_schema_document(), assume_valid=True)
    for name, serialize in _SCALARS.items():
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)  # noqa: S101 - these names are scalars in the schema
        scalar.coerce_output_value = serialize
    return schema


@cache
def _schema_document() -> DocumentNode:
    return parse(SCHEMA_FILE.read_text("utf-8"))


def _decimal(value: Any) -> str:
    """`"19.99"`, but `"10.0"` and `"1000.0"`: as few digits as exactness allows, one at least."""
    text = format(Decimal(value).normalize(), "f")
    return text if "." in text else text + ".0"


def _date_time(value: Any) -> str:
    moment: datetime = value
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_SCALARS: dict[str, Callable[[Any], str]] = {
    "Decimal": _decimal,
    "Money": str,
    "DateTime": _date_time,
    "UnsignedInt64": str,
    "URL": str,
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that was parsed and validated: `errors` in Shopify's shape, or the operation and its cost."""

    document: DocumentNode | None
    errors: tuple[dict[str, Any], ...] = ()
    operation: OperationDefinitionNode | None = None
    cost: CostTree | None = None


class Documents:
    """Parsed and validated documents by their text, the least used forgotten first: validation is slow."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()

    def prepare(self, text: str, operation: str | None) -> Prepared:
        key = (text, operation)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        prepared = self._prepare(text, operation)
        with self._lock:
            self._known[key] = prepared
            while len(self._known) > DOCUMENTS_KEPT:
                self._known.popitem(last=False)
        return prepared

    def _prepare(self, text: str, operation: str | None) -> Prepared:
        try:
            document = parse(text)
            faults = validate(self._schema, document)
            if faults:
                return Prepared(document, tuple(_validation_error(fault) for fault in faults))
            cost = compile_cost(self._schema, document, operation)
        except GraphQLError as fault:
            return Prepared(None, (_located(fault, fault.message, {"code": "PARSE_ERROR"}),))
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        chosen = next(o for o in operations if operation is None or (o.name and o.name.value == operation))
        return Prepared(document, (), chosen, cost)


@cache
def documents() -> Documents:
    """Those of every shop of this process: what is valid, and what it costs, is no matter of resolvers."""
    return Documents(load_schema())


def _located(fault: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    locations = [{"line": place.line, "column": place.column} for place in fault.locations or ()]
    return {"message": message, "locations": locations, "extensions": extensions}


def _validation_error(fault: GraphQLError) -> dict[str, Any]:
    """The commonest refusals in Shopify's words and codes; the others in graphql-core's."""
    if match := _UNDEFINED_FIELD.match(fault.message):
        message = f"Field '{match['field']}' doesn't exist on type '{match['type']}'"
        return _located(
            fault, message, {"code": "undefinedField", "typeName": match["type"], "fieldName": match["field"]}
        )
    if match := _MISSING_ARGUMENT.match(fault.message):
        kind = "Directive" if match["holder"].startswith("@") else "Field"
        name = match["holder"].lstrip("@").rpartition(".")[2]
        message = f"{kind} '{name}' is missing required arguments: {match['argument']}"
        return _located(fault, message, {"code": "missingRequiredArguments", "arguments": match["argument"]})
    if match := _UNUSED_VARIABLE.match(fault.message):
        message = f"Variable ${match['variable']} is declared by the operation but not used"
        return _located(fault, message, {"code": "variableNotUsed", "variableName": match["variable"]})
    return _located(fault, fault.message, {"code": "invalidDocument"})


def coerce_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: dict[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The variables with their defaults, and what is wrong with them in Shopify's envelope."""
    outcome = get_variable_values(schema, operation.variable_definitions or (), variables)
    if not isinstance(outcome, list):
        return dict(outcome.coerced), []
    return {}, [_variable_error(fault, variables) for fault in outcome]


def _variable_error(fault: GraphQLError, variables: dict[str, Any]) -> dict[str, Any]:
    node = fault.nodes[0] if fault.nodes else None
    if not isinstance(node, VariableDefinitionNode):
        return _located(fault, fault.message, {"code": "INVALID_VARIABLE"})
    name = node.variable.name.value
    value = variables.get(name)
    why = "Expected value to not be null" if value is None else fault.message
    message = f"Variable ${name} of type {print_ast(node.type)} was provided invalid value"
    problems = [{"path": [], "explanation": why}]
    return _located(fault, message, {"code": "INVALID_VARIABLE", "value": value, "problems": problems})


def fields_of(schema: GraphQLSchema, name: str) -> dict[str, GraphQLField]:
    """The fields of an object or interface type."""
    named = schema.type_map[name]
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101 - the caller names such a type
    fields: dict[str, GraphQLField] = named.fields
    return fields
