"""The rounding line: closes what Odoo's own arithmetic makes of an order whose lines and taxes are right.

Asked once the order was read back: only then it is known what Odoo came to. The line has no tax, so its price is the
difference. A later edit changes it, to nothing if need be; what was invoiced of it stays as it was invoiced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.common.domain.money import Money, currency_digits
from libs.common.domain.pricing import Part, exact_parts
from libs.common.domain.sales import ROUNDING_KEY, SaleLine, SaleOrder
from libs.common.errors import Failure
from libs.common.odoo.cells import Cell
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.orders.compare import difference, only_total_differs, taxes
from services.workers.orders.invoices import missing_on_invoices
from services.workers.orders.model import Changes, PlannedLine
from services.workers.orders.rows import line_cells, line_fields, product_table

NAME = "Rounding"


@dataclass(frozen=True, slots=True)
class RoundingWrite:
    """The line of one order that is to be made, or to change its price."""

    changes: Changes
    order: SaleOrder
    price: Money
    line: SaleLine | None = None
    """The one to change."""

    @property
    def part(self) -> Part:
        """The price as Odoo can keep it."""
        digits = self.changes.rounding.price_digits
        return exact_parts(self.price.amount, 1, digits, currency_digits(self.price.currency))[0]


def plan_rounding(changes: Changes, odoo: SaleOrder, product_ids: Mapping[str, int]) -> RoundingWrite | None:
    """None where the totals agree, where something else differs, and where it is more than the store tolerates."""
    if not only_total_differs(difference(changes, odoo, product_ids)):
        return None
    missing = (changes.total - Money(odoo.total, odoo.currency)).rounded()
    there = Money.sum((Money(line.amount, odoo.currency) for line in odoo.rounding_lines), odoo.currency)
    if abs((there + missing).amount) > changes.rounding.tolerance.amount:
        return None
    lines = sorted(odoo.rounding_lines, key=lambda one: bool(odoo.units_invoiced(one.id)))
    line = next(iter(lines), None)
    if line is None and rounded_in_books(changes, odoo, product_ids):
        return None
    own = Money(line.amount, odoo.currency) if line else Money.zero(odoo.currency)
    return RoundingWrite(changes, odoo, (own + missing).rounded(), line)


def rounded_in_books(changes: Changes, odoo: SaleOrder, product_ids: Mapping[str, int]) -> bool:
    """Whether nothing is left to invoice and the invoices are exact, though the order's own sum is off by rounding.

    A refund that took units off leaves that behind. A rounding line would be offered for invoicing in Odoo for good.
    """
    if not only_total_differs(difference(changes, odoo, product_ids)):
        return False
    off = (changes.total - Money(odoo.total, odoo.currency)).rounded()
    small = abs(off.amount) <= changes.rounding.tolerance.amount
    return small and missing_on_invoices(changes, odoo) == 0


def write_rounding(writes: Sequence[RoundingWrite], store: StoreContext) -> dict[str, Failure]:
    """At most one call for all lines that are new and one for all that change; failures by record id."""
    if not writes:
        return {}
    make_products([write.changes for write in writes if not write.line], store)
    failed: dict[str, Failure] = {}
    for some, columns in (
        ([write for write in writes if not write.line], [".id", *line_fields(store.odoo_fields)]),
        (
            [write for write in writes if write.line],
            [".id", "order_line/.id", "order_line/price_unit", "order_line/discount"],
        ),
    ):

        def load(part: Sequence[RoundingWrite], fields: Sequence[str] = columns) -> Sequence[None]:
            store.odoo.update("sale.order", fields, [_row(write, store) for write in part])
            return [None] * len(part)

        failed |= {write.changes.record_id: failure for write, failure in in_one_call(some, load).failed}
    return failed


def rounding_notes(changes: Changes, odoo: SaleOrder) -> dict[str, object]:
    """What the history says of it: the line's figure, and taxes that differ by rounding alone."""
    notes: dict[str, object] = {}
    closed = Money.sum((Money(line.amount, odoo.currency) for line in odoo.rounding_lines), odoo.currency)
    if closed:
        notes["rounding"] = str(closed)
    off = (Money(odoo.total, odoo.currency) - changes.total).rounded() if odoo.invoices else None
    if off:
        notes["order_is_off_by"] = str(off)
    differing = [one.told() for one in taxes(changes, odoo) if one.is_rounding]
    if differing:
        notes["taxes"] = differing
    return notes


def _row(write: RoundingWrite, store: StoreContext) -> list[Cell]:
    if write.line:
        return [write.order.id, write.line.id, write.part.unit_price, write.part.discount]
    changes, product = write.changes, write.changes.rounding.product
    product_id = product if isinstance(product, int) else store.made[product]
    module, _, name = changes.order.external_id.partition(".")
    count = len(write.order.rounding_lines)
    key = f"{ROUNDING_KEY}{name.removeprefix('order_')}" + (f"_{count + 1}" if count else "")
    line = PlannedLine(
        external_id=f"{module}.{key}",
        product=product_id,
        name=NAME,
        quantity=1,
        unit_price=write.part.unit_price,
        tax_ids=(),
        amount=write.price,
        tax=Money.zero(write.price.currency),
        discount=write.part.discount,
    )
    return [write.order.id, *line_cells(line, product_id, store.odoo_fields)]


def make_products(plans: Sequence[Changes], store: StoreContext) -> None:
    """What carries the rounding of these orders, where this process has not met it yet."""
    wanted = {p.external_id: p for c in plans for p in c.rounding.products if p.external_id not in store.made}
    if wanted:
        fields, rows = product_table(list(wanted.values()), store.odoo_fields)
        store.made.update(zip(wanted, store.odoo.load("product.product", fields, rows).ids, strict=True))
