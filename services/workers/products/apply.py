"""Writes a batch of products into Odoo: three calls for any number of new ones, more only for what changed.

Everything that is made has an external id, so a repeat after a lost answer finds it. A record that Odoo refuses is
taken out, and the others go on without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from libs.common.domain.outcomes import Hold
from libs.common.domain.products import Template
from libs.common.errors import Failure, Rejected, Transient
from libs.common.odoo.cells import Cell, ids_cell
from libs.common.odoo.templates import ALL, read_templates
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.products import names
from services.workers.products.exact_prices import Price, read_exact, write_exact
from services.workers.products.extending import LINE_COLUMNS, line_rows, value_pairs, with_ids
from services.workers.products.images import write_images
from services.workers.products.links import keep_links
from services.workers.products.model import Applied, Changes, NewVariant, Values
from services.workers.products.rows import template_columns, template_rows, variant_columns, variant_row

TEMPLATE, PRODUCT = "product.template", "product.product"
LINE, PTAV = "product.template.attribute.line", "product.template.attribute.value"
#: Rows of one call: Odoo takes some seconds for so many.
ROWS = 1000

T = TypeVar("T")


def apply(changes: Sequence[Changes], store: StoreContext) -> list[Applied | Failure]:
    """One answer for each, in order. Raises what says nothing about single products: an outage, a lost answer."""
    return _Apply(changes, store).run()


class _Apply:
    def __init__(self, changes: Sequence[Changes], store: StoreContext) -> None:
        self.changes = list(changes)
        self.store = store
        self.failed: dict[str, Failure] = {}
        self.templates: dict[str, int] = {one.record_id: one.template_id for one in changes if one.template_id}
        self.rules = {there: rule for one in changes for there, rule in one.rules.items()}
        self.links: dict[str, dict[str, int]] = {one.record_id: dict(one.links) for one in changes}

    def run(self) -> list[Applied | Failure]:
        written = [one for one in self.changes if not one.only_links]
        self._names(written)
        self._free_barcodes(written)
        self._new_templates([one for one in written if one.template_id is None])
        self._changed_templates([one for one in self._left(written) if one.template_id is not None])
        changed = self._extend([one for one in self._left(written) if one.template_id is not None])
        self._new_variants(self._left([one for one in written if one.template_id is None]), by_id=False)
        self._changed_variants(self._left(changed))
        self._exact_prices(self._left(written))
        templates = self._read()
        pictures = write_images(self._left(written), self.templates, self.links, self.store)
        return [self._answer(one, templates, pictures) for one in self.changes]

    def _answer(
        self, one: Changes, templates: Mapping[int, Template], pictures: Mapping[str, Failure]
    ) -> Applied | Failure:
        if one.record_id in self.failed:
            return self.failed[one.record_id]
        template = templates.get(self.templates[one.record_id])
        if template is None:
            return _gone(one)
        links = self.links[one.record_id]
        picture = pictures.get(one.record_id)
        if picture is not None and not isinstance(picture, Rejected):
            # The product is there, whatever its pictures do: orders of it find it.
            keep_links(self.store, links, linked=one.linked, left=one.left)
            return picture
        hold = _hold_of(picture) if isinstance(picture, Rejected) else None
        return Applied(replace(one, links=links), template, links, self.rules, hold)

    def _left(self, changes: Sequence[Changes]) -> list[Changes]:
        return [one for one in changes if one.record_id not in self.failed]

    def _names(self, changes: Sequence[Changes]) -> None:
        """Attributes of new templates, values, categories and tags: nearly always known already."""
        store = self.store
        fresh = [value for one in changes if one.template_id is None for value in one.new_values]
        self.attributes = names.ensure_attributes(store, (one.option for one in fresh))
        pairs = ((self.attributes[one.option], one.value) for one in fresh)
        self.values = names.ensure_values(store, pairs)
        categories, tags = names.names_of(changes)
        self.categories = names.ensure_named(store, names.CATEGORY, categories)
        self.tags = names.ensure_named(store, names.TAG, tags)

    def _category(self, one: Changes) -> int | None:
        return self.categories[one.category] if one.category else names.any_category(self.store)

    def _tag_ids(self, one: Changes) -> list[int]:
        return [self.tags[name] for name in one.tags or ()]

    def _free_barcodes(self, changes: Sequence[Changes]) -> None:
        """What moves from one variant to another is taken off the one first: Odoo takes row after row, none twice."""
        wanted = {cells.get("barcode") for one in changes for cells in _cells(one)} - {None, ""}
        freed = [
            (one.record_id, there, {"barcode": None})
            for one in changes
            for there, barcode in one.barcodes.items()
            if barcode in wanted
        ]
        self._update(PRODUCT, freed)

    def _new_templates(self, changes: Sequence[Changes]) -> None:
        if not changes:
            return
        fields = self.store.odoo_fields
        columns = template_columns(fields, [one.values for one in changes])

        def rows_of(one: Changes) -> list[list[Cell]]:
            def value_id(option: str, value: str) -> int:
                return self.values[self.attributes[option], value]

            tags = self._tag_ids(one)
            return template_rows(one, columns, fields, self._category(one), tags, self.attributes, value_id)

        def load(some: Sequence[tuple[Changes, list[list[Cell]]]]) -> Sequence[int]:
            return self.store.odoo.load(TEMPLATE, columns, [row for _, rows in some for row in rows]).ids

        for chunk in _chunks([(one, rows_of(one)) for one in changes], lambda item: len(item[1])):
            results = in_one_call(chunk, load)
            self.templates |= {one.record_id: template for (one, _), template in results.done}
            self.failed |= {one.record_id: failure for (one, _), failure in results.failed}

    def _changed_templates(self, changes: Sequence[Changes]) -> None:
        found: list[tuple[str, int, dict[str, Cell]]] = []
        for one in changes:
            cells: dict[str, Cell] = dict(one.values)
            if one.category:
                cells["categ_id/.id"] = self.categories[one.category]
            if one.tags is not None:
                cells["product_tag_ids/.id"] = ids_cell(self._tag_ids(one))
            if cells and one.template_id:
                found.append((one.record_id, one.template_id, cells))
        self._update(TEMPLATE, found)
        extras = [
            (one.record_id, ptav, {"price_extra": extra}) for one in changes for ptav, extra in one.extras.items()
        ]
        self._update(PTAV, [item for item in extras if item[0] not in self.failed])

    def _extend(self, changes: Sequence[Changes]) -> list[Changes]:
        """Values and variants that a template did not have: its values are made first, and read for their ids.

        All of these changes, with what is to be written to variants that Odoo has made by itself.
        """
        more = [one for one in changes if one.new_variants or one.new_values]
        if not more:
            return list(changes)
        there = read_templates(self.store.odoo, self.store.odoo_fields, [self.templates[o.record_id] for o in more])
        gone = {one.record_id for one in more if self.templates[one.record_id] not in there}
        self.failed |= {one.record_id: _gone(one) for one in more if one.record_id in gone}
        with_values = [one for one in self._left(more) if one.new_values]
        if with_values:
            self._add_values(with_values, there)
            ids = [self.templates[one.record_id] for one in self._left(with_values)]
            there |= read_templates(self.store.odoo, self.store.odoo_fields, ids)
        ready = {one.record_id: with_ids(one, there[self.templates[one.record_id]]) for one in self._left(more)}
        for one in ready.values():
            self.links[one.record_id] |= one.links
        self._new_variants(list(ready.values()), by_id=True)
        return [ready.get(one.record_id, one) for one in changes]

    def _add_values(self, changes: Sequence[Changes], there: Mapping[int, Template]) -> None:
        """One call for the values of all products; a line of theirs is a record of its own."""
        templates = {one.record_id: there[self.templates[one.record_id]] for one in changes}
        ids = names.ensure_values(
            self.store, [pair for o in changes for pair in value_pairs(o, templates[o.record_id])]
        )
        lines = [(o.record_id, rows) for o in changes for rows in line_rows(o, templates[o.record_id], ids)]

        def write(some: Sequence[tuple[str, list[list[Cell]]]]) -> Sequence[int]:
            return self.store.odoo.update(LINE, LINE_COLUMNS, [row for _, rows in some for row in rows]).ids

        for chunk in _chunks(lines, lambda item: len(item[1])):
            self.failed |= {record_id: failure for (record_id, _), failure in in_one_call(chunk, write).failed}

    def _new_variants(self, changes: Sequence[Changes], *, by_id: bool) -> None:
        columns = variant_columns(by_id=by_id)

        def load(some: Sequence[tuple[Changes, NewVariant]]) -> Sequence[int]:
            rows = [variant_row(variant, self.templates[one.record_id]) for one, variant in some]
            return self.store.odoo.load(PRODUCT, columns, rows).ids

        items = [(one, variant) for one in changes for variant in one.new_variants]
        for chunk in _chunks(items, lambda _: 1):
            results = in_one_call([item for item in chunk if item[0].record_id not in self.failed], load)
            for (one, variant), made in results.done:
                self.links[one.record_id][variant.variant_id] = made
            self.failed |= {one.record_id: failure for (one, _), failure in results.failed}

    def _changed_variants(self, changes: Sequence[Changes]) -> None:
        self._update(
            PRODUCT, [(one.record_id, there, dict(values)) for one in changes for there, values in one.variants.items()]
        )

    def _exact_prices(self, changes: Sequence[Changes]) -> None:
        wanted = [
            (one.record_id, Price(variant, self.templates[one.record_id], self.links[one.record_id][variant], price))
            for one in changes
            for variant, price in one.exact.items()
            if variant in self.links[one.record_id]
        ]
        known = {there: rule.rule_id for there, rule in self.rules.items()}

        def write(some: Sequence[tuple[str, Price]]) -> Sequence[int]:
            write_exact(self.store, [price for _, price in some], known)
            return [price.product_id for _, price in some]

        for chunk in _chunks(wanted, lambda _: 1):
            self.failed |= {record_id: failure for (record_id, _), failure in in_one_call(chunk, write).failed}
        self.rules |= read_exact(self.store, sorted({price.template_id for _, price in wanted}))

    def _update(self, model: str, items: Sequence[tuple[str, int, Mapping[str, Any]]]) -> None:
        """One call for all that change the same fields."""
        groups: dict[tuple[str, ...], list[tuple[str, int, Mapping[str, Any]]]] = {}
        for item in items:
            groups.setdefault(tuple(item[2]), []).append(item)
        for columns, group in groups.items():

            def write(
                some: Sequence[tuple[str, int, Mapping[str, Any]]], names: tuple[str, ...] = columns
            ) -> Sequence[int]:
                rows = [[there, *(cells[name] for name in names)] for _, there, cells in some]
                return self.store.odoo.update(model, [".id", *names], rows, context=ALL).ids

            for chunk in _chunks(group, lambda _: 1):
                results = in_one_call(chunk, write)
                self.failed |= {record_id: failure for (record_id, _, _), failure in results.failed}

    def _read(self) -> dict[int, Template]:
        """Every product once more, to compare; and the only variant of those without options."""
        ids = [self.templates[one.record_id] for one in self._left(self.changes)]
        templates = read_templates(self.store.odoo, self.store.odoo_fields, ids)
        for one in self._left(self.changes):
            template = templates.get(self.templates[one.record_id])
            product = one.product
            if template and product and not product.options and len(template.variants) == 1:
                self.links[one.record_id][product.variants[0].id] = template.variants[0].id
        return templates


def _gone(one: Changes) -> Failure:
    return Transient(f"{one.name}: its product is gone from Odoo since it was read", "odoo", "gone")


def _cells(one: Changes) -> Iterator[Values]:
    """All that is to be written to its variants."""
    yield one.values
    yield from one.variants.values()
    yield from (variant.cells for variant in one.new_variants)


def _chunks(items: Sequence[T], rows: Callable[[T], int]) -> list[list[T]]:
    """Parts of at most `ROWS` rows; one item alone may have more."""
    chunks: list[list[T]] = []
    count = 0
    for item in items:
        if not chunks or count + rows(item) > ROWS:
            chunks.append([])
            count = 0
        chunks[-1].append(item)
        count += rows(item)
    return chunks


def _hold_of(failure: Rejected) -> Hold:
    return Hold(failure.code, failure.message, failure.hint, dict(failure.details))
