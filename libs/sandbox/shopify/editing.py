"""Order edits: units taken off and added, lines added, addresses changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from libs.sandbox.shopify.adding import added_lines, more_of
from libs.sandbox.shopify.afterwards import UPDATED, Hooks, chosen
from libs.sandbox.shopify.currents import Currents, financial_status
from libs.sandbox.shopify.derived import Document, minus
from libs.sandbox.shopify.drafts import Company, Line, Person, Place, Terms
from libs.sandbox.shopify.figures import figure, negative, total_of
from libs.sandbox.shopify.fulfilling import line_gid, shipping_changes
from libs.sandbox.shopify.parts import all_lines, with_lines
from libs.sandbox.shopify.people import address_document, buyer_document, customer_document, terms_document
from libs.sandbox.shopify.refunding import Payback, Refunding, told
from libs.sandbox.shopify.refunds import RestockType, Taken, refunded_shipping, refunded_units
from libs.sandbox.shopify.routing import not_to_ship, units_left

EDITED = "orders/edited"


class Editing(Refunding):
    def edit_order(
        self,
        order_id: str,
        set_quantity: Mapping[str, int] | None = None,
        *,
        add: Sequence[Line] = (),
        address: Place | None = None,
        shipping_address: Place | None = None,
        billing_address: Place | None = None,
        remove_shipping: bool = False,
        as_refund: bool = False,
        note: str = "",
        topics: Sequence[str] | None = None,
    ) -> Document:
        """Sets how many units of lines there are to be, adds lines, changes addresses; the order.

        A line keeps the quantity that was ordered, its `currentQuantity` goes down; the figures as they were placed
        stay, the `current…` ones follow. `remove_shipping` takes every shipping line off; `address` stands for both
        addresses, which are no edit by themselves. `as_refund` records units that go in a refund without money beside
        it. Raises `ValueError` for units that were shipped already.
        """
        with self.changing:
            order = self.order(order_id)
            wanted = {line_gid(order, one): count for one, count in (set_quantity or {}).items()}
            removals, increments = _differences(order, wanted)
            edit = {"id": self.new_gid("OrderEdit"), "createdAt": self.second(), "note": note}
            hooks: Hooks = []
            if removals and as_refund:
                refund, changes = self.refunded(order, Taken(_cancelled(removals)), Payback(pay_back=False))
                order = self.with_refund(order, refund, {**changes, "edited": True})
                hooks += told(refund)[:1]
            changes, added = self._edited(order, Counter() if as_refund else removals, increments, add)
            unshipped = self._without_shipping({**order, **changes}) if remove_shipping else {}
            changes = {**changes, **unshipped}
            places = self._addresses(shipping_address or address, billing_address or address)
            order = self.keep(order, {**changes, **places})
            if removals or increments or added or unshipped:
                additions = {**increments, **{one["id"]: one["quantity"] for one in added}}
                hooks.append((EDITED, {**edit, "additions": additions, "removals": dict(removals)}))
            self.note("order", "edit", order, order, removed=removals.total(), added=len(added))
            self.tell(order, chosen([*hooks, (UPDATED, None)], topics))
            return order

    def change_business(
        self,
        order_id: str,
        *,
        company: Company | None = None,
        buyer: Person | None = None,
        po_number: str | None = None,
        terms: Terms | None = None,
    ) -> Document:
        """Changes what is given of who a B2B order is for and what was agreed; the order."""
        with self.changing:
            order = self.order(order_id)
            changes: Document = {}
            if company:
                changes["purchasingEntity"] = buyer_document(company, self.store.new_id)
            if buyer:
                changes["customer"] = customer_document(self.store.known_person(buyer))
            if po_number is not None:
                changes["poNumber"] = po_number or None
            if terms:
                changes["paymentTerms"] = terms_document(terms, self.store.new_id)
            order = self.keep(order, changes)
            self.note("order", "business", order, order)
            self.tell(order, [(UPDATED, None)])
            return order

    def _edited(
        self, order: Document, removals: Counter[str], increments: Counter[str], add: Sequence[Line]
    ) -> tuple[Document, list[Document]]:
        """The changes of the order, and the lines that are new."""
        if not (removals or increments or add):
            return {}, []
        currents, refunded = Currents(order), refunded_units(order)
        changed: dict[str, Document] = {}
        for line in all_lines(order):
            if count := removals[line["id"]]:
                # Units go from the end of the line, as refunded ones do from its beginning: together they are all.
                currents.units_gone(line, refunded[line["id"]] + line["currentQuantity"] - count, count)
                changed[line["id"]] = {**line, "currentQuantity": line["currentQuantity"] - count}
            if count := increments[line["id"]]:
                changed[line["id"]] = more_of(order, line, count, currents)
        added, applications = added_lines(order, add, currents, self.store)
        orders, _ = not_to_ship(order.get("fulfillmentOrders", []), removals, self.second())
        to_ship = [(line, increments[line["id"]]) for line in changed.values()]
        orders += self.to_ship([*to_ship, *((line, line["quantity"]) for line in added)])
        changes = {**currents.changes, **with_lines(order, changed)}
        changes |= {
            "lineItems": [*changes["lineItems"], *added],
            "discountApplications": applications,
            "fulfillmentOrders": orders,
            "edited": True,
        }
        after = {**order, **changes}
        changes |= shipping_changes(after)
        return {**changes, "displayFinancialStatus": financial_status(after, figure(order, "transactions"))}, added

    def _without_shipping(self, order: Document) -> Document:
        """The lines stay, marked as removed; what was not refunded of them is no part of what the order costs now."""
        currents = Currents(order)
        for line in order["shippingLines"]:
            if not line["isRemoved"]:
                before = refunded_shipping(order, line["id"])
                left = minus(line["discountedPriceSet"], *(one["subtotalAmountSet"] for one in before))
                taxes = line["taxLines"]
                if before and taxes:  # what a part refund took of several taxes, it took off the first one's sum
                    whole = total_of(order, (tax["priceSet"] for tax in taxes))
                    taxes = [{**taxes[0], "priceSet": minus(whole, *(one["taxAmountSet"] for one in before))}]
                gone = [{**tax, "priceSet": negative(tax["priceSet"])} for tax in taxes]
                currents.goods(negative(left), gone, "currentShippingPriceSet")
        lines = [{**line, "isRemoved": True} for line in order["shippingLines"]]
        changes = {**currents.changes, "shippingLines": lines, "edited": True}
        after = {**order, **changes}
        return {**changes, "displayFinancialStatus": financial_status(after, figure(order, "transactions"))}

    def _addresses(self, shipping: Place | None, billing: Place | None) -> Document:
        given = {"shippingAddress": shipping, "billingAddress": billing}
        return {name: address_document(place, self.store.new_id) for name, place in given.items() if place}


def _cancelled(units: Counter[str]) -> dict[str, tuple[int, RestockType]]:
    return {line: (count, "cancel") for line, count in units.items()}


def _differences(order: Document, wanted: Mapping[str, int]) -> tuple[Counter[str], Counter[str]]:
    """Units that go and units that come, by line."""
    removals, increments, left = Counter[str](), Counter[str](), units_left(order)
    for line in all_lines(order):
        less = line["currentQuantity"] - wanted.get(line["id"], line["currentQuantity"])
        if less and line.get("isTip"):
            raise ValueError("a tip is not edited, only refunded")
        if wanted.get(line["id"], 0) < 0 or (line["requiresShipping"] and less > left[line["id"]]):
            raise ValueError(f"{less} units of {line['name']} are to go, {left[line['id']]} are not shipped")
        if less > 0:
            removals[line["id"]] = less
        elif less < 0:
            increments[line["id"]] = -less
    return removals, increments
