"""What a query costs, in points, by the rules that fit Shopify's published figures.

A connection costs 2 + max(1, ⌊2·ln(first)⌋) times (1 + its node's children); an object 1 and its children; a list of
objects as much as one of them; `nodes(ids:)` as much for each id; a mutation 10; scalars, money, `pageInfo`,
and the `nodes` and `edges` wrappers nothing. Shopify does not document the formula; this one fits 129 of 147
costs that another connector published. Whether `nodes(ids:)` is charged by the id is not known: it is here, which
errs on the safe side.

The cost is requested from document and variables, and actual from what was returned: never more than requested.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
    value_from_ast_untyped,
)

MUTATION_POINTS = 10
CONNECTION_POINTS = 2
FREE_TYPES = frozenset({"MoneyBag", "MoneyV2", "PageInfo"})

Path = tuple[str, ...]
Groups = tuple[tuple["CostField", ...], ...]


@dataclass(frozen=True, slots=True)
class CostField:
    """One field that costs something. `groups[0]` holds whatever the type, the others exclude each other."""

    key: str
    kind: str
    groups: Groups = ()
    size: ValueNode | None = None
    paths: tuple[Path, ...] = ()
    conditions: tuple[tuple[bool, ValueNode], ...] = ()


@dataclass(frozen=True, slots=True)
class CostTree:
    """A compiled document; `requested` and `actual` are cheap."""

    groups: Groups
    defaults: Mapping[str, Any]

    def requested(self, variables: Mapping[str, Any]) -> int:
        return _requested(self.groups, {**self.defaults, **variables})

    def actual(self, data: Mapping[str, Any] | None) -> int:
        return _actual(self.groups, data) if data else 0


def query_cost(
    schema: GraphQLSchema, document: DocumentNode | str, variables: Mapping[str, Any], operation: str | None = None
) -> int:
    """Points that Shopify would ask for this document with these variables (`requestedQueryCost`)."""
    parsed = parse(document) if isinstance(document, str) else document
    return compile_cost(schema, parsed, operation).requested(variables)


def connection_factor(size: int) -> int:
    """How much a page of `size` weighs: it grows with the logarithm."""
    return max(1, math.floor(2 * math.log(size))) if size > 0 else 0


def compile_cost(schema: GraphQLSchema, document: DocumentNode, operation: str | None = None) -> CostTree:
    """The cost tree of one operation of a valid document."""
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    chosen = [o for o in operations if operation is None or (o.name and o.name.value == operation)]
    if len(chosen) != 1:
        raise GraphQLError("No operation named " + repr(operation) if operation else "An operation name is required")
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    compiler = _Compiler(schema, fragments)
    root = schema.get_root_type(chosen[0].operation)
    if root is None:
        raise GraphQLError(f"The schema has no {chosen[0].operation.value}s")
    variables = chosen[0].variable_definitions or ()
    defaults = {v.variable.name.value: _value(v.default_value, {}) for v in variables if v.default_value}
    if chosen[0].operation is OperationType.MUTATION:
        fields = compiler.collect(root, [chosen[0].selection_set])[root.name]
        return CostTree((tuple(CostField(key, "mutation") for key in fields),), defaults)
    return CostTree(compiler.groups(root, [chosen[0].selection_set]), defaults)


Collected = dict[str, dict[str, list[FieldNode]]]


def _type_of(parent: GraphQLNamedType, field: str) -> GraphQLNamedType:
    assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101 - validation saw to it
    named: GraphQLNamedType = get_named_type(parent.fields[field].type)
    return named


@dataclass(frozen=True, slots=True)
class _Compiler:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]

    def collect(self, parent: GraphQLNamedType, sets: Iterable[SelectionSetNode]) -> Collected:
        """Type → response key → field nodes, with fragments spread. The parent's own come first."""
        found: Collected = {parent.name: {}}

        def visit(holder: str, selections: SelectionSetNode) -> None:
            for selection in selections.selections:
                if isinstance(selection, FieldNode):
                    key = selection.alias.value if selection.alias else selection.name.value
                    found.setdefault(holder, {}).setdefault(key, []).append(selection)
                    continue
                spread = (
                    self.fragments[selection.name.value] if isinstance(selection, FragmentSpreadNode) else selection
                )
                assert isinstance(spread, FragmentDefinitionNode | InlineFragmentNode)  # noqa: S101 - all there are
                condition = spread.type_condition.name.value if spread.type_condition else holder
                narrows = is_abstract_type(self.schema.type_map[holder])
                visit(condition if narrows else holder, spread.selection_set)

        for selections in sets:
            visit(parent.name, selections)
        return found

    def groups(self, parent: GraphQLNamedType, sets: Iterable[SelectionSetNode]) -> Groups:
        groups = []
        for holder, fields in self.collect(parent, sets).items():
            compiled = (self.field(self.schema.type_map[holder], key, nodes) for key, nodes in fields.items())
            groups.append(tuple(field for field in compiled if field is not None))
        return tuple(groups)

    def field(self, parent: GraphQLNamedType, key: str, nodes: Sequence[FieldNode]) -> CostField | None:
        name = nodes[0].name.value
        if name.startswith("__"):
            return None
        named = _type_of(parent, name)
        if not is_composite_type(named) or named.name in FREE_TYPES:
            return None
        sets = [node.selection_set for node in nodes if node.selection_set]
        conditions = tuple(_condition(d) for d in nodes[0].directives or () if d.name.value in {"skip", "include"})
        if named.name.endswith("Connection"):
            inner, paths = self.unwrap(named, sets)
            groups = self.groups(_type_of(named, "nodes"), inner)
            return CostField(key, "connection", groups, _argument(nodes[0], "first", "last"), paths, conditions)
        groups = self.groups(named, sets)
        if parent is self.schema.query_type and name == "nodes":
            return CostField(key, "each", groups, _argument(nodes[0], "ids"), (), conditions)
        return CostField(key, "object", groups, None, (), conditions)

    def unwrap(
        self, connection: GraphQLNamedType, sets: list[SelectionSetNode]
    ) -> tuple[list[SelectionSetNode], tuple[Path, ...]]:
        """The selections on the nodes of a connection, and the response paths on which the nodes lie."""
        inner: list[SelectionSetNode] = []
        paths: list[Path] = []
        for key, nodes in self.collect(connection, sets)[connection.name].items():
            selections = [node.selection_set for node in nodes if node.selection_set]
            if nodes[0].name.value == "nodes":
                inner += selections
                paths.append((key,))
            elif nodes[0].name.value == "edges":
                edge = _type_of(connection, "edges")
                for inner_key, inner_nodes in self.collect(edge, selections)[edge.name].items():
                    if inner_nodes[0].name.value == "node":
                        inner += [node.selection_set for node in inner_nodes if node.selection_set]
                        paths.append((key, inner_key))
        return inner, tuple(paths)


def _argument(node: FieldNode | DirectiveNode, *names: str) -> ValueNode | None:
    return next((argument.value for argument in node.arguments or () if argument.name.value in names), None)


def _condition(directive: DirectiveNode) -> tuple[bool, ValueNode]:
    value = _argument(directive, "if")
    assert value is not None  # noqa: S101 - `if` is required and validation saw to it
    return directive.name.value == "include", value


def _value(node: ValueNode | None, variables: Mapping[str, Any]) -> Any:
    return value_from_ast_untyped(node, dict(variables)) if node is not None else None


def _requested(groups: Groups, variables: Mapping[str, Any]) -> int:
    if not groups:
        return 0
    sums = [sum(_requested_field(field, variables) for field in group) for group in groups]
    return sums[0] + max(sums[1:], default=0)


def _requested_field(field: CostField, variables: Mapping[str, Any]) -> int:
    if any(bool(_value(node, variables)) is not wanted for wanted, node in field.conditions):
        return 0
    if field.kind == "mutation":
        return MUTATION_POINTS
    one = 1 + _requested(field.groups, variables)
    size = _value(field.size, variables)
    if field.kind == "connection":
        return CONNECTION_POINTS + connection_factor(int(size or 0)) * one
    if field.kind == "each":
        return one * (len(size) if isinstance(size, list | tuple) else 1)
    return one


def _actual(groups: Groups, value: Mapping[str, Any]) -> int:
    # Only the fields of the type that was met have a key in the answer.
    return sum(_actual_field(field, value[field.key]) for group in groups for field in group if field.key in value)


def _actual_field(field: CostField, value: Any) -> int:
    if field.kind == "mutation":
        return MUTATION_POINTS
    if value is None:
        return 0
    if field.kind == "connection":
        items = [item for path in field.paths for item in _at(value, path)]
        dearest = max((1 + _actual(field.groups, item) for item in items if item is not None), default=0)
        # The path count is 1 unless a query asks for both `nodes` and `edges`, which show the same items twice.
        return CONNECTION_POINTS + connection_factor(len(items) // max(1, len(field.paths))) * dearest
    if isinstance(value, list):
        costs = [1 + _actual(field.groups, item) for item in value if item is not None]
        return sum(costs) if field.kind == "each" else max(costs, default=0)
    return 1 + _actual(field.groups, value)


def _at(value: Mapping[str, Any], path: Path) -> list[Any]:
    items = value.get(path[0]) or []
    return [item[path[1]] for item in items] if len(path) > 1 else list(items)
