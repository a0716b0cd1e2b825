"""What to do about one refund: pure, so that a dry run is this plan printed."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

from libs.common.domain.digests import digest
from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.refunds import Refund
from libs.common.domain.rules import Posting, StoreRules
from libs.common.domain.sales import CANCELLED, INVOICE, Invoice, SaleOrder
from services.workers.refunds.lines import CreditLines, HoldRefund, counted_adjustments, credit_total, refuse
from services.workers.refunds.model import (
    Changes,
    Check,
    PlannedCredit,
    PlannedLine,
    PlannedProduct,
    Ref,
    Situation,
)
from services.workers.refunds.money import missing_payment, plan_check, plan_paybacks
from services.workers.refunds.stock import Restocking, plan_stock, unshipped

ADJUSTMENT = "adjustment"
ROUNDING = "rounding"
_NAMES = {ADJUSTMENT: "Refund adjustment", ROUNDING: "Rounding"}


def plan(situation: Situation, rules: StoreRules) -> Changes | Hold | Ignore | Needs | Nothing:
    """Decide about one refund.

    `Needs` while its order, an exchange of it or a payment is not in Odoo; `Ignore` when its order is left out;
    `Hold` where a person must act; `Nothing` when it was synced just so.
    """
    refund = situation.refund
    if refund is None:
        return Ignore("deleted in Shopify")
    fingerprint = refund_digest(refund)
    if situation.synced_digest == fingerprint:
        return Nothing(fingerprint)
    waiting = _waits(situation)
    if waiting is not None:
        return waiting
    sale, order = situation.sale, situation.order
    if sale is None or order is None:
        return _order_deleted(situation, refund)
    needed = _needs(situation, order, sale, rules)
    if needed is not None:
        return needed
    try:
        return _changes(situation, refund, order, sale, rules, fingerprint)
    except HoldRefund as held:
        return held.hold


def refund_digest(refund: Refund) -> str:
    """Changes when something does that Odoo's records are made of: units, amounts, money that went back."""
    return digest(
        {
            "lines": [(x.line_id, x.quantity, x.subtotal, x.tax, x.restock_type) for x in refund.lines],
            "shipping": [(x.shipping_line_id, x.subtotal, x.tax) for x in refund.shipping],
            "adjustments": [(x.id, x.amount, x.tax) for x in counted_adjustments(refund)],
            "duties": list(refund.duties),
            "money": [(x.id, x.amount, x.gateway) for x in refund.transactions if x.pays_back],
        }
    )


def lacks_exchange(order: Order, sale: SaleOrder) -> bool:
    """Whether an exchange brought lines that the order in Odoo does not have yet."""
    return any(line.exchange and line.sold_quantity and not sale.lines_of(f"line_{line.id}") for line in order.lines)


def _waits(situation: Situation) -> Needs | Ignore | None:
    """For the order: it is not in Odoo, or held before it got so far that a refund has something to go by."""
    if situation.order_state == "ignored":
        return Ignore(f"its order is left out: {situation.order_ignored or 'ignored'}")
    if not situation.order_synced:
        return Needs(situation.order_record_id)
    if situation.order_state == "held" and situation.sale is not None and not situation.sale.posted_invoices:
        return Needs(situation.order_record_id)
    return None


def _needs(situation: Situation, order: Order, sale: SaleOrder, rules: StoreRules) -> Needs | None:
    """What else of the order is still on its way: the lines of an exchange, a payment."""
    behind = situation.order_version is None or situation.order_version < order.updated_at
    if lacks_exchange(order, sale) and behind:
        return Needs(situation.order_record_id)
    # A cancelled order waits for its refunds, and a payment for its order: that would be a circle.
    in_circle = order.cancelled_at is not None and situation.order_state != "synced"
    if rules.until.registers_payments and sale.posted_invoices and not in_circle:
        missing = missing_payment(order, situation.payments)
        if missing is not None:
            store = situation.record_id.partition("/")[0]
            return Needs(f"{store}/payment/{missing}")
    return None


def _order_deleted(situation: Situation, refund: Refund) -> Hold:
    return Hold(
        "order_deleted_in_odoo",
        f"{credit_total(refund)} of {refund.order_name} were refunded, but somebody deleted its order in Odoo",
        "enter the credit note in Odoo by hand if the invoice is still there; the order is not made again",
        {"order_id": situation.sale_id, "refunded": str(credit_total(refund)), "paid_back": str(refund.total)},
    )


def _changes(  # noqa: PLR0917 - both sides
    situation: Situation, refund: Refund, order: Order, sale: SaleOrder, rules: StoreRules, fingerprint: str
) -> Changes | Ignore:
    if not sale.posted_invoices:
        return _not_invoiced(situation, refund, order, sale, rules, fingerprint)
    products: dict[str, PlannedProduct] = {}
    credit = _credit(situation, refund, order, sale, rules, products)
    stock = plan_stock(_restocking(situation, refund, order, sale, rules, all_units=False))
    draft = rules.credit_notes is Posting.DRAFT
    return Changes(
        record_id=situation.record_id,
        digest=fingerprint,
        version=refund.updated_at,
        name=f"{refund.order_name} refund",
        refund_id=refund.id,
        order_source_id=refund.order_id,
        sale=sale,
        side=order.side,
        check=plan_check(order, sale, situation.credits, situation.payments, situation.open_refunds),
        credit=credit,
        post=not draft,
        paybacks=plan_paybacks(refund, rules, situation.books, sale) if situation.books else (),
        returned=stock.returned,
        quantities=stock.quantities,
        quantities_after=stock.quantities_after,
        products=tuple(products.values()),
        tolerance=rules.rounding_tolerance,
        hold_after=stock.hold,
        hint_order=situation.order_state == "held" or order.cancelled_at is not None,
    )


def earlier_refunds(situation: Situation, refund: Refund) -> tuple[Refund, ...]:
    """Those of the order that come before this one and are on their way, perhaps in the same batch."""
    ids = [one.id for one in situation.siblings]
    before = situation.siblings[: ids.index(refund.id)] if refund.id in ids else ()
    return tuple(one for one in before if one.id in situation.open_refunds)


def _restocking(
    situation: Situation, refund: Refund, order: Order, sale: SaleOrder, rules: StoreRules, *, all_units: bool
) -> Restocking:
    return Restocking(
        refund=refund,
        siblings=situation.siblings or (refund,),
        order=order,
        sale=sale,
        external_id=f"{situation.module}.return_{refund.id}",
        mine=situation.returns.get(refund.id),
        before=[one for one in earlier_refunds(situation, refund) if one.id not in situation.returns],
        restock=rules.restock,
        all_units=all_units,
        shipping=situation.shipping,
    )


def _credit(  # noqa: PLR0917 - both sides
    situation: Situation,
    refund: Refund,
    order: Order,
    sale: SaleOrder,
    rules: StoreRules,
    products: dict[str, PlannedProduct],
) -> PlannedCredit | None:
    """None for a refund that took nothing back: units that cost nothing and were not invoiced, or money only."""
    facts = situation.facts
    assert facts is not None  # noqa: S101 - gathered with the order
    total = credit_total(refund)
    if total.amount < 0:
        refuse(
            "refund_negative",
            f"the refund of {refund.order_name} comes to {total}: more was kept back than was given back",
            f"invoice {-total} to the customer of {sale.name} by hand",
            order=sale.name,
            refunded=str(total),
        )
    mine = situation.credits.get(refund.id)
    if mine is not None and mine.state == CANCELLED:
        refuse(
            "credit_note_cancelled",
            f"the credit note of this refund ({mine.name or mine.id}) was cancelled in Odoo",
            "set it back to draft in Odoo, or delete it, then retry",
            credit_note=mine.id,
            refunded=str(total),
        )
    rounding = _product(situation, ROUNDING, rules.rounding_product_id)
    lines: tuple[PlannedLine, ...] = ()
    if mine is None:
        lines = CreditLines(
            refund,
            sale,
            facts.taxes,
            facts.price_digits,
            adjustment=_product(situation, ADJUSTMENT, rules.adjustment_product_id),
            rounding=rounding,
            tip_ids=order.tip_line_ids,
            before=[one for one in earlier_refunds(situation, refund) if one.id not in situation.credits],
        ).plan()
        if not lines:
            return None
    for ref in [line.product for line in lines if isinstance(line.product, str)]:
        products[ref] = carrier(ref)
    invoice = _invoice(situation, sale, total)
    return PlannedCredit(
        external_id=f"{situation.module}.credit_{refund.id}",
        invoice_id=invoice.id,
        invoice_name=invoice.name,
        partner_id=invoice.partner_id,
        currency_id=sale.currency_id,
        date=refund.created_at.astimezone(UTC).date(),
        origin=sale.name,
        ref=f"{refund.order_name} refund {refund.id}",
        lines=lines,
        total=total.rounded(),
        rounding_external_id=f"{situation.module}.credit_rounding_{refund.id}",
        rounding_product=rounding,
        existing_id=mine.id if mine else None,
    )


def carrier(external_id: str) -> PlannedProduct:
    """The product of this external id (`….rounding_product`)."""
    return PlannedProduct(external_id, _NAMES[external_id.rpartition(".")[2].removesuffix("_product")])


def _invoice(situation: Situation, sale: SaleOrder, total: Money) -> Invoice:
    """The invoice that the credit note reverses: of several the first of which so much is not credited yet."""
    credited: dict[int, Decimal] = {}
    for one in situation.credits.values():
        if one.reversed_id and one.state != CANCELLED:
            credited[one.reversed_id] = credited.get(one.reversed_id, Decimal(0)) + one.total
    invoices = sale.posted_invoices
    fitting = [one for one in invoices if one.total - credited.get(one.id, Decimal(0)) >= total.amount]
    return (fitting or invoices)[0]


def _product(situation: Situation, kind: str, chosen: int | None) -> Ref:
    return chosen or f"{situation.module}.{kind}_product"


def _not_invoiced(  # noqa: PLR0917 - both sides
    situation: Situation, refund: Refund, order: Order, sale: SaleOrder, rules: StoreRules, fingerprint: str
) -> Changes | Ignore:
    """No posted invoice: units that were not delivered leave the order; what cannot follow is held with figures."""
    if sale.state == CANCELLED:
        return Ignore("its order was cancelled in Odoo before it was invoiced: there is nothing to credit")
    drafts = [one for one in sale.invoices if one.kind == INVOICE and one.state == "draft"]
    if drafts:
        refuse(
            "invoice_not_posted",
            f"{credit_total(refund)} of {refund.order_name} were refunded; the invoice of {sale.name} is a draft",
            "post the invoice in Odoo, then retry",
            order=sale.name,
            invoice=drafts[0].id,
            refunded=str(credit_total(refund)),
        )
    siblings = situation.siblings or (refund,)
    stock = plan_stock(_restocking(situation, refund, order, sale, rules, all_units=True))
    left = order.total - Money.sum((credit_total(one) for one in siblings), order.currency)
    return Changes(
        record_id=situation.record_id,
        digest=fingerprint,
        version=refund.updated_at,
        name=f"{refund.order_name} refund",
        refund_id=refund.id,
        order_source_id=refund.order_id,
        sale=sale,
        side=order.side,
        check=Check(None, reason="the order is not invoiced", order_total=left.rounded()),
        returned=stock.returned,
        quantities=(*stock.quantities, *unshipped(siblings, sale, refund.order_id)),
        quantities_after=stock.quantities_after,
        hint_order=situation.order_state == "held" or order.cancelled_at is not None,
    )
