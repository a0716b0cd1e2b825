"""Returns and exchanges: what comes back after it was delivered, and what the customer gets in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.sandbox.shopify.adding import added_lines
from libs.sandbox.shopify.afterwards import UPDATED, Hooks, chosen, replaced
from libs.sandbox.shopify.currents import Currents
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Line
from libs.sandbox.shopify.editing import Editing
from libs.sandbox.shopify.figures import amount
from libs.sandbox.shopify.fulfilling import line_gid
from libs.sandbox.shopify.parts import all_lines
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.refunding import Payback, told
from libs.sandbox.shopify.refunds import RestockType, Taken
from libs.sandbox.shopify.routing import shipped_units

_TOPICS = {
    "REQUESTED": "returns/request",
    "OPEN": "returns/approve",
    "DECLINED": "returns/decline",
    "CANCELED": "returns/cancel",
    "CLOSED": "returns/close",
}


class Returning(Editing):
    def return_order(
        self,
        order_id: str,
        lines: Mapping[str, int],
        *,
        exchange: Sequence[Line] = (),
        requested: bool = False,
        topics: Sequence[str] | None = None,
    ) -> Document:
        """Opens a return of shipped units, or requests one; the return.

        What is given in exchange is agreed on, but no line of anything until the return is processed.
        Raises `ValueError` for more units than were shipped and are not returned yet.
        """
        with self.changing:
            order = self.order(order_id)
            wanted = {line_gid(order, one): count for one, count in lines.items()}
            _check(order, wanted)
            status, number = "REQUESTED" if requested else "OPEN", len(order.get("returns", ())) + 1
            made = {
                "id": self.new_gid("Return"),
                "name": f"{order['name']}-R{number}",
                "status": status,
                "createdAt": self.second(),
                "returnLineItems": [
                    {"id": self.new_gid("ReturnLineItem"), "lineItem": {"id": line}, "quantity": count}
                    for line, count in wanted.items()
                ],
                "exchangeLineItems": [
                    {
                        "id": self.new_gid("ExchangeLineItem"),
                        "quantity": line.quantity,
                        "lineItems": None,
                        "agreed": line,
                    }
                    for line in exchange
                ],
            }
            return self._put_return(order, made, "create", topics)

    def approve_return(self, return_id: str) -> Document:
        """Opens one that was requested; the return."""
        return self._turn(return_id, "OPEN")

    def decline_return(self, return_id: str) -> Document:
        return self._turn(return_id, "DECLINED")

    def cancel_return(self, return_id: str) -> Document:
        return self._turn(return_id, "CANCELED")

    def process_return(
        self,
        return_id: str,
        units: Mapping[str, int] | None = None,
        *,
        exchange: bool = True,
        restock_type: RestockType = "return",
        pay_back: bool = True,
        gateway: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> tuple[Document, Document]:
        """Units arrived: they are refunded, what was agreed on in exchange is sold; the return and the refund.

        By line (its number or global id) so many of them, else all that are still to come. Only what the exchange
        leaves of their price is paid back; where it costs more, the difference is outstanding. The return is closed
        once all of it was processed. Raises `ValueError` for more than is still to come.
        """
        with self.changing:
            order, returned = self._return(return_id)
            if returned["status"] != "OPEN":
                raise ValueError(f"the return {returned['name']} is {returned['status'].lower()}")
            wanted = None if units is None else {line_gid(order, one): count for one, count in units.items()}
            returned, arrived = _arrived(returned, wanted)
            exchanged, returned = self._exchanged(order, returned) if exchange else ({}, returned)
            order = {**order, **exchanged}
            taken = Taken({line: (count, restock_type) for line, count in arrived.items()})
            refund, changes = self.refunded(order, taken, Payback(gateway, pay_back=pay_back))
            refund |= {"return": {"id": returned["id"]}}
            done = {**returned, "status": "CLOSED" if _is_done(returned) else "OPEN"}
            returns = replaced((order | changes)["returns"], {done["id"]: done})
            order = self.with_refund(order, refund, {**exchanged, **changes, **_returns(returns)})
            self.note("return", "process", done, order, total=amount(refund["totalRefundedSet"]))
            self.note("refund", "create", refund, order, total=amount(refund["totalRefundedSet"]))
            topic = "returns/close" if done["status"] == "CLOSED" else "returns/process"
            hooks: Hooks = [*told(refund)[:-1], (topic, done), (UPDATED, None)]
            self.tell(order, chosen(hooks, topics))
            return done, refund

    def _exchanged(self, order: Document, returned: Document) -> tuple[Document, Document]:
        """What an exchange changes of the order, and the return with its lines, which are nobody else's."""
        waiting = [item for item in returned["exchangeLineItems"] if item["lineItems"] is None]
        if not waiting:
            return {}, returned
        currents = Currents(order)
        lines, applications = added_lines(order, [item["agreed"] for item in waiting], currents, self.store)
        sold = {item["id"]: {**item, "lineItems": [line]} for item, line in zip(waiting, lines, strict=True)}
        returned = {**returned, "exchangeLineItems": replaced(returned["exchangeLineItems"], sold)}
        to_ship = self.to_ship([(line, line["quantity"]) for line in lines])
        changes = {
            **currents.changes,
            "discountApplications": applications,
            "fulfillmentOrders": [*order.get("fulfillmentOrders", ()), *to_ship],
            "returns": replaced(order["returns"], {returned["id"]: returned}),
        }
        return changes, returned

    def _turn(self, return_id: str, status: str) -> Document:
        with self.changing:
            order, returned = self._return(return_id)
            if returned["status"] == "CLOSED":
                raise ValueError(f"the return {returned['name']} is closed")
            return self._put_return(order, {**returned, "status": status}, status.lower(), None)

    def _put_return(
        self, order: Document, returned: Document, operation: str, topics: Sequence[str] | None
    ) -> Document:
        others = [one for one in order.get("returns", ()) if one["id"] != returned["id"]]
        order = self.keep(order, _returns([*others, returned]))
        self.note("return", operation, returned, order)
        self.tell(order, chosen([(_TOPICS[returned["status"]], returned), (UPDATED, None)], topics))
        return returned

    def _return(self, return_id: str) -> tuple[Document, Document]:
        wanted = return_id if return_id.startswith("gid://") else gid("Return", return_id)
        order = self.store.owner(wanted)
        if order is None:
            raise KeyError(return_id)
        return order, next(one for one in order["returns"] if one["id"] == wanted)


def _arrived(returned: Document, wanted: Mapping[str, int] | None) -> tuple[Document, dict[str, int]]:
    """The return after these units of it, or all that are left, were processed; and how many that are, by line."""
    arrived: dict[str, int] = {}
    lines = []
    for one in returned["returnLineItems"]:
        line, left = one["lineItem"]["id"], one["quantity"] - one.get("processedQuantity", 0)
        count = left if wanted is None else wanted.get(line, 0)
        if not 0 <= count <= left:
            raise ValueError(f"{count} units are to be processed, {left} of the return {returned['name']} are to come")
        if count:
            arrived[line] = count
        lines.append({**one, "processedQuantity": one.get("processedQuantity", 0) + count})
    return {**returned, "returnLineItems": lines}, arrived


def _is_done(returned: Document) -> bool:
    units = all(one["processedQuantity"] == one["quantity"] for one in returned["returnLineItems"])
    return units and all(item["lineItems"] is not None for item in returned["exchangeLineItems"])


def _returns(returns: list[Document]) -> Document:
    returns = sorted(returns, key=lambda one: str(one["id"]))
    states = {one["status"] for one in returns}
    status = "NO_RETURN"
    for state, name in (("CLOSED", "RETURNED"), ("OPEN", "IN_PROGRESS"), ("REQUESTED", "RETURN_REQUESTED")):
        status = name if state in states else status
    return {"returns": returns, "returnStatus": status}


def _check(order: Document, wanted: Mapping[str, int]) -> None:
    shipped: Any = shipped_units(order)
    for returned in order.get("returns", ()):
        if returned["status"] not in {"CANCELED", "DECLINED"}:
            for one in returned["returnLineItems"]:
                shipped[one["lineItem"]["id"]] -= one["quantity"]
    names = {line["id"]: line["name"] for line in all_lines(order)}
    for line, count in wanted.items():
        if not 0 < count <= shipped[line]:
            raise ValueError(f"{count} units of {names[line]} are to be returned, {shipped[line]} were shipped")
