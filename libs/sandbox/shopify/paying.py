"""Money that comes in after checkout: authorized, captured, or paid at once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from libs.sandbox.shopify.afterwards import UPDATED, Hooks, OrderRoom, chosen
from libs.sandbox.shopify.currents import Currents, financial_status
from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.drafts import Payment
from libs.sandbox.shopify.figures import amount as amount_of
from libs.sandbox.shopify.figures import currencies, figure
from libs.sandbox.shopify.payments import parent_of, pays, transaction_document

PaymentKind = Literal["sale", "capture", "authorization", "void"]
TRANSACTION = "order_transactions/create"


class Paying(OrderRoom):
    def pay(
        self,
        order_id: str,
        amount: Decimal | None = None,
        *,
        gateway: str = "bogus",
        kind: PaymentKind = "sale",
        status: str = "success",
        topics: Sequence[str] | None = None,
    ) -> Document:
        """Adds a transaction and returns its document; one that failed or is pending changes nothing else.

        `amount` is in the shop's money, what is outstanding when left out. `topics` keeps back all other webhooks.
        """
        with self.changing:
            order = self.order(order_id)
            bag = figure(order, "totalOutstandingSet") if amount is None else currencies(order).bag(amount)
            if amount_of(bag) < 0:
                raise ValueError(f"a payment of {amount_of(bag)}: the order {order['name']} is more than paid")
            done = self.transaction(order, Payment(gateway, kind=kind, status=status), bag)
            before = order["displayFinancialStatus"]
            order = self.keep(order, self.with_transactions(order, [done]))
            self.note("transaction", "create", done, order, kind=kind, amount=amount_of(bag), gateway=gateway)
            hooks: Hooks = [(TRANSACTION, done), (UPDATED, None)]
            if order["displayFinancialStatus"] == "PAID" != before:
                hooks.insert(1, ("orders/paid", None))
            self.tell(order, chosen(hooks, topics))
            return done

    def authorize(self, order_id: str, amount: Decimal | None = None, *, gateway: str = "bogus") -> Document:
        """Reserves money; nothing is received by it."""
        return self.pay(order_id, amount, gateway=gateway, kind="authorization")

    def capture(self, order_id: str, amount: Decimal | None = None, *, gateway: str = "bogus") -> Document:
        """Takes money that was authorized, all that is outstanding or a part."""
        return self.pay(order_id, amount, gateway=gateway, kind="capture")

    def outstanding(self, order_id: str) -> Decimal:
        """What is still to be paid in the shop's money; negative: what is owed to the customer."""
        return amount_of(figure(self.order(order_id), "totalOutstandingSet"))

    def transaction(
        self, order: Document, payment: Payment, bag: Document, rounding: Document | None = None
    ) -> Document:
        """The document of a new transaction of the order."""
        made = transaction_document(payment, bag, self.second(), test=order["test"], rounding=rounding)
        parent = parent_of(made, figure(order, "transactions"))
        return {**made, "id": self.new_gid("OrderTransaction"), "orderId": order["id"], "parentTransaction": parent}

    @staticmethod
    def with_transactions(order: Document, new: Sequence[Document]) -> Document:
        """The changes that these payments make to the order."""
        currents = Currents(order)
        for one in new:
            if pays(one):
                currents.received(one["amountSet"])
        transactions = [*figure(order, "transactions"), *new]
        names = dict.fromkeys([*_gateways(order), *(one["gateway"] for one in new if one["status"] == "SUCCESS")])
        changes = {**currents.changes, "transactions": transactions, "paymentGatewayNames": list(names)}
        status = financial_status({**order, **changes}, transactions)
        return {**changes, "displayFinancialStatus": status}


def _gateways(order: Document) -> list[str]:
    """Those of the order so far: `manual` is what an order is called by that nobody has paid yet."""
    known: list[str] = order["paymentGatewayNames"]
    return known if figure(order, "transactions") or known != ["manual"] else []
