"""Writes a batch of planned orders to Odoo in a handful of calls, each of which may be repeated.

products and tags that are new, customers with their addresses, the orders, all by `load` (which finds what it
made before); then the quotations are read back, and only those that equal their order are confirmed and get
their date back. An order that differs stays a quotation, for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog

from libs.common.domain.digests import digest
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import SaleOrder
from libs.common.errors import Failure, Rejected
from libs.common.odoo.cells import Cell
from libs.common.odoo.sale_orders import read_sale_orders
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.orders.compare import difference, same_date
from services.workers.orders.following import follow
from services.workers.orders.invoicing import Invoicing
from services.workers.orders.making import load_customers, make_customers
from services.workers.orders.model import Applied, Changes, PlannedCustomer, PlannedProduct
from services.workers.orders.rounding import plan_rounding, rounded_in_books, write_rounding
from services.workers.orders.rows import order_fields, order_rows, product_table, shape

log = structlog.get_logger(__name__)

_QUOTATION = {"draft", "sent"}


def apply(plans: Sequence[Changes], store: StoreContext) -> list[Applied | Failure]:
    """One answer for each plan, in its order; raises a `Failure` only when the whole batch is to wait."""
    run = _Run(store)
    run.make_products(plans)
    run.make_tags(run.alive(plans))
    run.make_customers(run.alive(plans))
    run.make_orders([c for c in run.alive(plans) if not c.edit])
    run.follow([c for c in run.alive(plans) if c.edit])
    run.read_all(run.alive(plans))
    run.round_off(run.alive(plans))
    ready = run.confirm(run.alive(plans))
    run.invoice(ready)
    return [run.answer(changes) for changes in plans]


class _Run:
    """What one batch has made so far, by record id; what failed drops out of the later calls."""

    def __init__(self, store: StoreContext) -> None:
        self.store = store
        self.failed: dict[str, Failure] = {}
        self.customer_ids: dict[str, int] = {}
        self.order_ids: dict[str, int] = {}
        self.orders: dict[int, SaleOrder] = {}
        self.differences: dict[str, dict[str, object]] = {}
        self.stale: set[int] = set()
        """Orders written to since they were read."""
        self.keyed: set[int] = set()
        """Orders that have other lines than those that were planned, told apart by their keys only."""
        self.invoicing = Invoicing(store)

    def alive(self, plans: Iterable[Changes]) -> list[Changes]:
        return [c for c in plans if c.record_id not in self.failed]

    def make_products(self, plans: Sequence[Changes]) -> None:
        """The products this process has not met yet; two orders that miss the same one share it."""
        wanted = {p.external_id: p for c in plans for p in c.products if p.external_id not in self.store.made}
        results = in_one_call(list(wanted.values()), self._load_products)
        for product, product_id in results.done:
            self.store.made[product.external_id] = product_id
        self.store.remember(
            [("variant", p.source_id, made, p.values["name"]) for p, made in results.done if p.source_id]
        )
        broken = {product.external_id: failure for product, failure in results.failed}
        for changes in plans:
            for product in changes.products:
                if product.external_id in broken:
                    self.failed[changes.record_id] = broken[product.external_id]

    def _load_products(self, products: Sequence[PlannedProduct]) -> Sequence[int]:
        fields, rows = product_table(products, self.store.odoo_fields)
        return self.store.odoo.load("product.product", fields, rows).ids

    def make_tags(self, plans: Sequence[Changes]) -> None:
        """Order tags that Odoo does not have yet. One that cannot be made is left off: a tag holds up no order."""
        known = self.store.facts().tags
        names = {t for c in plans for t in c.order.tags if t not in known and self._tag_id(t) not in self.store.made}
        results = in_one_call(sorted(names), self._load_tags)
        for name, tag_id in results.done:
            self.store.made[self._tag_id(name)] = tag_id
        for name, failure in results.failed:
            log.warning("tag.left_off", store=self.store.slug, tag=name, reason=failure.message)

    def _load_tags(self, names: Sequence[str]) -> Sequence[int]:
        return self.store.odoo.load("crm.tag", ["id", "name"], [[self._tag_id(name), name] for name in names]).ids

    def _tag_id(self, name: str) -> str:
        return f"{self.store.module}.tag_{digest(name)[:16]}"

    def make_customers(self, plans: Sequence[Changes]) -> None:
        made = make_customers(plans, self.store)
        self.customer_ids |= made.ids
        self.failed |= made.failed

    def make_orders(self, plans: Sequence[Changes]) -> None:
        """The quotations. Orders whose columns differ in kind (an address of their own or none) go in calls apart."""
        shapes: dict[tuple[str, str, bool, bool], list[Changes]] = {}
        for changes in plans:
            shapes.setdefault(shape(changes), []).append(changes)
        for group in shapes.values():
            results = in_one_call(group, self._load_orders)
            self.order_ids.update({changes.record_id: order_id for changes, order_id in results.done})
            for changes, failure in results.failed:
                self._order_refused(changes, failure)

    def _order_refused(self, changes: Changes, failure: Failure) -> None:
        """An address is missing when two workers made its customer at once: make it now, and try the order again."""
        addresses = changes.order.customer.addresses
        if getattr(failure, "field_name", "") in {"partner_shipping_id", "partner_invoice_id"} and addresses:
            customer = PlannedCustomer(self.customer_ids[changes.record_id], {}, addresses)
            made = in_one_call([customer], lambda some: load_customers(some, self.store))
            again = in_one_call([changes], self._load_orders) if made.done else made
            if again.done:
                self.order_ids[changes.record_id] = again.done[0][1]
                return
            failure = again.failed[0][1]
        if isinstance(failure, Rejected):
            self.store.forget()  # something named in it may have been deleted; the next try reads anew
        self.failed[changes.record_id] = failure

    def _load_orders(self, plans: Sequence[Changes]) -> Sequence[int]:
        rows: list[list[Cell]] = []
        for changes in plans:
            rows += order_rows(
                changes,
                self.store.odoo_fields,
                customer_id=self.customer_ids[changes.record_id],
                tag_ids=self._tag_ids(changes.order.tags),
                product_ids=self.store.made,
            )
        return self.store.odoo.load("sale.order", order_fields(plans[0], self.store.odoo_fields), rows).ids

    def _tag_ids(self, names: Sequence[str]) -> list[int]:
        known = self.store.facts().tags
        ids = [known.get(name) or self.store.made.get(self._tag_id(name)) for name in names]
        return [tag_id for tag_id in ids if tag_id]

    def follow(self, plans: Sequence[Changes]) -> None:
        """Edits of orders that Odoo has."""
        for changes in plans:
            assert changes.edit is not None  # noqa: S101 - the caller has looked
            self.order_ids[changes.record_id] = changes.edit.order.id
            self.orders[changes.edit.order.id] = changes.edit.order
        writing = [c for c in plans if c.edit and not c.edit.writes_nothing]
        self.failed |= follow(writing, self.store, self.store.made, self.customer_ids)
        self.stale |= {self.order_ids[c.record_id] for c in writing}

    def read_all(self, plans: Sequence[Changes]) -> None:
        """New orders without their lines' keys, which cost a call: their lines are those of `load`, in its order."""
        new = {self.order_ids[c.record_id]: c for c in plans if not c.edit}
        self.keyed |= {self.order_ids[c.record_id] for c in plans if c.edit}
        self.orders.update(read_sale_orders(self.store.odoo, self.store.odoo_fields, list(new), keys=False))
        others = {one for one, c in new.items() if one in self.orders and self._has_other_lines(one, c)}
        self.keyed |= others
        self.stale |= others
        self.read_stale(plans)

    def _has_other_lines(self, order_id: int, changes: Changes) -> bool:
        """Of an earlier try, or a person's."""
        return len(self.orders[order_id].lines) != len(changes.order.lines)

    def read_stale(self, plans: Sequence[Changes]) -> None:
        """What was written to since it was read; with keys where they matter."""
        for keys in (False, True):
            ids = [self.order_ids[c.record_id] for c in plans]
            stale = [one for one in ids if one in self.stale and (one in self.keyed) is keys]
            self.orders.update(read_sale_orders(self.store.odoo, self.store.odoo_fields, stale, keys=keys))
        self.stale.clear()

    def round_off(self, plans: Sequence[Changes]) -> None:
        """Close what Odoo's own rounding makes of orders in which all else is right, and read those again."""
        there = [
            (c, self.orders[self.order_ids[c.record_id]]) for c in plans if self.order_ids[c.record_id] in self.orders
        ]
        found = [plan_rounding(changes, order, self.store.made) for changes, order in there if order.state != "cancel"]
        writes = [write for write in found if write]
        self.failed |= write_rounding(writes, self.store)
        written = {write.order.id for write in writes}
        self.keyed |= written
        self.stale |= written
        self.read_stale(plans)

    def confirm(self, plans: Sequence[Changes]) -> list[Changes]:
        """Confirm the quotations that equal their order and put their dates back; those that may go on."""
        ready = []
        for changes in plans:
            order = self.orders.get(self.order_ids[changes.record_id])
            if order is None:
                continue
            found = difference(changes, order, self.store.made)
            if found and not rounded_in_books(changes, order, self.store.made):
                self.differences[changes.record_id] = found
            elif order.state != "cancel":
                ready.append(changes)
        drafts = [c for c in ready if c.until.confirms and self._order(c).state in _QUOTATION]
        if drafts:
            self._confirm(drafts)
        wrong_dates = [c for c in ready if c in drafts or not same_date(self._order(c), c)]
        wrong_dates = [c for c in wrong_dates if c.record_id not in self.failed]
        if wrong_dates:
            rows: list[list[Cell]] = [[self.order_ids[c.record_id], c.order.date_order] for c in wrong_dates]
            self.store.odoo.update("sale.order", [".id", "date_order"], rows)
            self.stale |= {self.order_ids[c.record_id] for c in wrong_dates}
        return [c for c in ready if c.record_id not in self.failed]

    def invoice(self, ready: Sequence[Changes]) -> None:
        """Invoices as far as the rule goes; the orders are read once more, with what was made of them."""
        invoiced = [c for c in ready if c.until.invoices]
        self.invoicing.make([(c, self._order(c)) for c in invoiced])
        self.stale |= {self.order_ids[c.record_id] for c in invoiced if self.invoicing.made}
        self.read_stale(ready)
        made = [c for c in invoiced if c.record_id not in self.invoicing.failed]
        self.stale |= self.invoicing.round_off([(c, self._order(c)) for c in made])
        self.read_stale(ready)
        self.invoicing.post([(c, self._order(c)) for c in made if c.record_id not in self.invoicing.failed])
        self.failed |= self.invoicing.failed

    def _confirm(self, drafts: Sequence[Changes]) -> None:
        """Confirm all at once. After a refusal the states are read again: another worker may have been faster."""
        try:
            self._action_confirm(drafts)
            return
        except Rejected:
            self.stale |= {self.order_ids[c.record_id] for c in drafts}
            self.read_stale(drafts)
        left = [c for c in drafts if self._order(c).state in _QUOTATION]
        results = in_one_call(left, self._action_confirm)
        self.failed.update({changes.record_id: failure for changes, failure in results.failed})

    def _action_confirm(self, drafts: Sequence[Changes]) -> Sequence[int]:
        ids = [self.order_ids[c.record_id] for c in drafts]
        self.store.odoo.call("sale.order", "action_confirm", [ids], write=True, records=len(ids))
        return ids

    def _order(self, changes: Changes) -> SaleOrder:
        return self.orders[self.order_ids[changes.record_id]]

    def answer(self, changes: Changes) -> Applied | Failure:
        failure = self.failed.get(changes.record_id)
        order_id = self.order_ids.get(changes.record_id)
        order = self.orders.get(order_id) if order_id else None
        if failure is not None:
            if order is not None:
                failure.details = {**failure.details, "order_id": order.id, "order": order.name}
            return failure
        if order is None:
            what = f"the order that was made for {changes.name} is not in Odoo any more"
            return Rejected(what, "odoo", "order_missing", "retry to make it again, if it was deleted by mistake")
        return Applied(
            changes=changes,
            order_id=order.id,
            order=order,
            customer_id=self.customer_ids.get(changes.record_id),
            difference=self.differences.get(changes.record_id),
            invoice_hold=self.invoicing.holds.get(changes.record_id) or self._draft_left(changes, order),
            posted=frozenset(self.invoicing.posted),
            product_ids={ref: self.store.made[ref] for ref in _made_refs(changes) if ref in self.store.made},
        )

    def _draft_left(self, changes: Changes, order: SaleOrder) -> Hold | None:
        return self.invoicing.draft_of_others(order) if changes.until.invoices else None


def _made_refs(changes: Changes) -> set[str]:
    return {line.product for line in changes.order.lines if isinstance(line.product, str)}
