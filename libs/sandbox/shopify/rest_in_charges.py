"""Read what few webhook-shaped order bodies have: duties, fees, rounding of cash, a company, payment terms."""

from __future__ import annotations

from libs.sandbox.shopify.derived import Document, legacy_id, zero
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.rest_read import BagReader, read_text, read_time


def read_charges(body: Document, money: BagReader, order_id: str, customer: Document | None) -> Document:
    """A body tells only the sum of the fees: they become one, of an id that stays."""
    fees = _optional(body, money, "original_total_additional_fees")
    total = money.read(body, "total_price")
    number = legacy_id({"id": order_id})
    fee: Document = {"id": gid("AdditionalFee", number), "name": "Additional fees", "price": fees, "taxLines": []}
    return {
        "originalTotalDutiesSet": _optional(body, money, "original_total_duties"),
        "originalTotalAdditionalFeesSet": fees,
        "additionalFees": [fee] if fees else [],
        "totalCashRoundingAdjustment": {
            "paymentSet": _optional(body, money, "total_cash_rounding_payment_adjustment") or zero(total),
            "refundSet": _optional(body, money, "total_cash_rounding_refund_adjustment") or zero(total),
        },
        "purchasingEntity": _company(body) or customer,
        "paymentTerms": _terms(body),
    }


def _optional(body: Document, money: BagReader, name: str) -> Document | None:
    return money.read(body, name) if body.get(f"{name}_set") is not None else None


def _company(body: Document) -> Document | None:
    """A body tells the ids only: the company goes by the name in the billing address."""
    company = body.get("company")
    if not isinstance(company, dict):
        return None
    address = body.get("billing_address")
    name = read_text(address, "company") if isinstance(address, dict) else ""
    name = name or f"Company {company.get('id')}"
    return {
        "company": {"id": gid("Company", str(company.get("id"))), "name": name, "externalId": None},
        "location": {"id": gid("CompanyLocation", str(company.get("location_id"))), "name": name, "externalId": None},
    }


def _terms(body: Document) -> Document | None:
    terms = body.get("payment_terms")
    if not isinstance(terms, dict):
        return None
    return {
        "id": gid("PaymentTerms", str(terms.get("id"))),
        "paymentTermsName": read_text(terms, "payment_terms_name", at="payment_terms."),
        "paymentTermsType": read_text(terms, "payment_terms_type", at="payment_terms.").upper() or "UNKNOWN",
        "dueInDays": terms.get("due_in_days"),
        "paymentSchedules": [
            {"id": gid("PaymentSchedule", str(one.get("id"))), "dueAt": read_time(one, "due_at")}
            for one in terms.get("payment_schedules") or []
        ],
    }
