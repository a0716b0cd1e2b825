"""What became of the demo's orders: read from the ledger and from Odoo itself, judged, and summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from libs.common.domain.money import Money
from libs.common.ledger.model import Record, State
from libs.common.odoo.client import OdooClient
from services.console.demo.day import Day
from services.console.demo.needs import Placed
from services.console.demo.proof import Proof

FIELDS = ("name", "amount_total", "currency_id", "state", "client_order_ref")
CONFIRMED = {"sale", "done"}
SETTLED = {State.SYNCED, State.HELD, State.IGNORED}
PAGE_ORDERS = 500


@dataclass(frozen=True, slots=True)
class OdooOrder:
    """A sale order as Odoo tells it when all is over."""

    id: int
    name: str
    total: Money
    state: str
    reference: str

    @property
    def confirmed(self) -> bool:
        return self.state in CONFIRMED


@dataclass(frozen=True, slots=True)
class Row:
    """One order, on both sides. `record` is None when its webhook never arrived."""

    placed: Placed
    record: Record | None
    odoo: OdooOrder | None

    @property
    def synced(self) -> bool:
        return self.record is not None and self.record.state is State.SYNCED

    @property
    def held(self) -> bool:
        return self.record is not None and self.record.state is State.HELD

    @property
    def settled(self) -> bool:
        return self.record is not None and self.record.state in SETTLED

    @property
    def mismatched(self) -> bool:
        """Synced, but Odoo does not have it at Shopify's total."""
        return self.synced and (self.odoo is None or self.odoo.total != self.placed.total.rounded())

    def fault(self, *, lenient: bool) -> str:
        """Why it did not end as it should; empty when it did.

        `lenient` is for an Odoo that the demo did not fill: what it was to be held for may be there.
        """
        if not self.settled:
            return "it is not finished"
        if self.mismatched:
            return "its total in Odoo is not Shopify's"
        if self.synced and self.odoo is not None and not self.odoo.confirmed:
            return f"it is not confirmed in Odoo ({self.odoo.state})"
        if not self.placed.expect or self._ended == self.placed.expect or (lenient and self.synced):
            return ""
        return f"it was to end as {self.placed.expect}"

    @property
    def _ended(self) -> str:
        if self.record is None:
            return ""
        held = self.record.held
        return f"held:{held.code}" if self.held and held else self.record.state.value


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What a day in the shop brought, and whether both sides agree at its end."""

    day: Day
    proofs: tuple[Proof, ...]
    """One for each order."""
    refunds: int
    """Posted credit notes in Odoo."""
    fulfillments: int
    """Fulfillments in Shopify."""
    trouble: tuple[str, ...] = ()
    """What was not followed: a sentence for each record."""
    stock: Proof | None = None
    """Of what can be bought; None where Odoo keeps no stock."""

    @property
    def faults(self) -> list[str]:
        return [*self.trouble, *(fault for proof in self.proofs for fault in proof.faults), *self._of_stock]

    @property
    def _of_stock(self) -> list[str]:
        return self.stock.faults if self.stock is not None else []


@dataclass(frozen=True, slots=True)
class Outcome:
    """All rows; `duplicates` are orders in Odoo beyond one for each order of the shop."""

    rows: tuple[Row, ...]
    duplicates: int
    seconds: float
    lenient: bool = False
    unfinished: tuple[str, ...] = field(default=())
    """When time ran out: a sentence for each order that was not finished."""
    afterwards: Afterwards | None = None
    """None for a folder of somebody's own orders, and when time ran out before."""

    @property
    def faults(self) -> list[str]:
        """A sentence for each order that did not end as it should."""
        told = [(row.placed.name, row.fault(lenient=self.lenient)) for row in self.rows]
        return [f"Order {name}: {fault}." for name, fault in told if fault]

    @property
    def well(self) -> bool:
        return not self.faults and not self.duplicates and self.agree

    @property
    def agree(self) -> bool:
        """Whether both sides agree to the cent."""
        return not any(row.mismatched for row in self.rows) and not (self.afterwards and self.afterwards.faults)

    def summary(self) -> dict[str, int | float]:
        """The last line. `ignored` and `unfinished` are there only when there are any, so that it adds up."""
        told: dict[str, int | float] = {
            "orders": len(self.rows),
            "synced": sum(row.synced for row in self.rows),
            "held": sum(row.held for row in self.rows),
            "duplicates": self.duplicates,
            "mismatched": sum(row.mismatched for row in self.rows),
            "seconds": round(self.seconds, 2),
            "refunds": self.afterwards.refunds if self.afterwards else 0,
            "fulfillments": self.afterwards.fulfillments if self.afterwards else 0,
            "cancelled": len(self.afterwards.day.cancelled) if self.afterwards else 0,
            "agree": self.agree,
        }
        ignored = sum(row.record is not None and row.record.state is State.IGNORED for row in self.rows)
        unfinished = sum(not row.settled for row in self.rows)
        return told | ({"ignored": ignored} if ignored else {}) | ({"unfinished": unfinished} if unfinished else {})


def not_synced(records: Iterable[Record]) -> list[str]:
    """A sentence for each that is held or left out."""
    return [
        f"{one.id} ({one.name}) is {one.state}: {one.held.message if one.held else one.ignored}"
        for one in records
        if one.state is not State.SYNCED
    ]


def newest_order(client: OdooClient) -> int:
    """The id of the last sale order before the demo; what is above was made since."""
    found = client.search_read("sale.order", [], ["name"], order="id desc", limit=1)
    return int(found[0]["id"]) if found else 0


def orders_since(client: OdooClient, last_id: int) -> list[OdooOrder]:
    found: list[OdooOrder] = []
    while True:
        page = client.search_read("sale.order", [("id", ">", last_id)], FIELDS, limit=PAGE_ORDERS)
        found += [_order(values) for values in page]
        if len(page) < PAGE_ORDERS:
            return found
        last_id = found[-1].id


def orders_by_id(client: OdooClient, ids: Sequence[int]) -> dict[int, OdooOrder]:
    found: dict[int, OdooOrder] = {}
    for start in range(0, len(ids), PAGE_ORDERS):
        page = client.search_read("sale.order", [("id", "in", list(ids[start : start + PAGE_ORDERS]))], FIELDS)
        found.update({values["id"]: _order(values) for values in page})
    return found


def count_duplicates(placed: Iterable[Placed], made: Iterable[OdooOrder]) -> int:
    """Orders that Odoo has beyond one for each of the shop's, told by the customer reference they carry.

    Two orders of the shop may bear the same name (files of several shops): then two in Odoo are right.
    """
    wanted = Counter(order.name for order in placed)
    found = Counter(order.reference for order in made if order.reference in wanted)
    return sum(max(0, count - wanted[name]) for name, count in found.items())


def rows_of(placed: Sequence[Placed], records: dict[str, Record], client: OdooClient) -> tuple[Row, ...]:
    """Each order with its record (by Shopify's id) and what it is linked to."""
    targets = {record.target.id for record in records.values() if record.target}
    orders = orders_by_id(client, sorted(targets))
    rows = []
    for order in placed:
        record = records.get(order.order_id)
        linked = orders.get(record.target.id) if record and record.target else None
        rows.append(Row(order, record, linked))
    return tuple(rows)


def _order(values: dict[str, Any]) -> OdooOrder:
    # A JSON float: rounded to the currency's digits it is the amount that Odoo shows.
    total = Money(Decimal(repr(values["amount_total"])), values["currency_id"][1]).rounded()
    # The order's name may be followed by the buyer's own number: `#1001 / PO-7`.
    reference = str(values["client_order_ref"] or "").partition(" / ")[0]
    return OdooOrder(values["id"], values["name"], total, values["state"], reference)
