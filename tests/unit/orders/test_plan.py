from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from libs.common.domain.facts import TaxFact
from libs.common.domain.matching import PartnerFact, ProductFact
from libs.common.domain.money import Money
from libs.common.domain.orders import Address, Order
from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.rules import HandlingOfTestOrders, MissingProduct, StoreRules, TaxMapping, Until
from libs.common.domain.sales import SaleOrder
from services.workers.orders.model import Cancelling, Changes, Situation
from services.workers.orders.plan import order_digest, plan
from tests.unit.orders.builders import (
    FACTS,
    HOME,
    MUG,
    PLACED,
    line,
    order,
    sale_order,
    shipping,
    situation,
    tax,
    usd,
)

HOLDING = StoreRules()


def changes(where: Situation, rules: StoreRules = HOLDING) -> Changes:
    decided = plan(where, rules)
    assert isinstance(decided, Changes), decided
    return decided


def held(where: Situation, rules: StoreRules = HOLDING) -> Hold:
    decided = plan(where, rules)
    assert isinstance(decided, Hold), decided
    assert decided.hint, "a hold tells what to do"
    return decided


def odoo_order(state: str = "sale") -> SaleOrder:
    return sale_order(state=state)


# what becomes an order in Odoo


def test_a_plain_order_keeps_its_name_date_and_money() -> None:
    planned = changes(situation(order(line(quantity=2, taxes=(tax("0.15", "3.00"),)), shipping_lines=(shipping(),))))
    assert planned.order.external_id == "tandem_acme.order_1001"
    assert planned.order.client_order_ref == "#1001"
    assert planned.order.date_order == PLACED
    goods, carriage = planned.order.lines
    assert (goods.product, goods.quantity, goods.unit_price, goods.tax_ids) == (11, 2, Decimal(10), (1,))
    assert (carriage.product, carriage.amount, carriage.tax_ids) == (
        "tandem_acme.shipping_product",
        usd("4.90"),
        (),
    )
    assert planned.total == usd("27.90")


def test_a_repeat_plans_nothing() -> None:
    placed = order()
    assert plan(situation(placed, synced_digest=order_digest(placed, HOLDING), target_id=5), HOLDING) == Nothing(
        order_digest(placed, HOLDING)
    )


def test_tags_and_notes_and_statuses_do_not_make_an_order_another_one() -> None:
    placed = order()
    later = dataclasses.replace(placed, tags=("vip",), note="call me", financial_status="PAID")
    assert order_digest(placed, HOLDING) == order_digest(later, HOLDING)
    assert order_digest(placed, HOLDING) != order_digest(order(line(quantity=2)), HOLDING)
    assert order_digest(placed, HOLDING) != order_digest(
        dataclasses.replace(placed, shipping_address=Address(city="X")), HOLDING
    )


def test_how_far_an_order_goes_is_part_of_it() -> None:
    placed = order()
    assert order_digest(placed, HOLDING) != order_digest(placed, HOLDING.model_copy(update={"until": Until.PAID}))


def test_a_synced_order_that_changed_is_followed() -> None:
    changed = situation(order(line(quantity=2)), synced_digest="older", target_id=5, existing=odoo_order())
    edit = changes(changed).edit
    assert edit is not None
    assert edit.order == odoo_order()


def test_a_synced_order_that_was_deleted_in_odoo_is_not_made_again() -> None:
    gone = situation(order(line(quantity=2)), synced_digest="older", target_id=5)
    assert held(gone).code == "order_deleted_in_odoo"


def test_an_order_that_was_made_but_never_synced_is_taken_up_again() -> None:
    assert changes(situation(target_id=5)).edit is None


def test_note_tags_and_purchase_order_number_are_carried_over() -> None:
    planned = changes(situation(order(note="leave it", tags=("vip", " vip", "b2b"), po_number="PO7"))).order
    assert (planned.note, planned.tags, planned.client_order_ref) == ("leave it", ("vip", "b2b"), "#1001 / PO7")


# discounts and prices


def test_discounts_of_line_and_order_go_into_the_price_to_the_cent() -> None:
    planned = changes(situation(order(line(quantity=3, price="5.00", discounts=(usd("3.00"), usd("2.00"))))))
    assert [(x.quantity, x.unit_price) for x in planned.order.lines] == [(2, Decimal("3.33")), (1, Decimal("3.34"))]
    assert Money.sum((x.amount for x in planned.order.lines), "USD") == usd("10.00")


def test_every_line_has_an_external_id_and_the_second_part_of_a_split_one_its_own() -> None:
    thirds = line(id="7", quantity=3, price="5.00", discounts=(usd("5.00"),), taxes=(tax("0.15", "1.50"),))
    planned = changes(situation(order(thirds, shipping_lines=(shipping(id="8"),)))).order
    assert [x.external_id for x in planned.lines] == [
        "tandem_acme.line_7",
        "tandem_acme.line_7_part2",
        "tandem_acme.shipping_1001_8",
    ]
    assert [x.key for x in planned.lines[:2]] == ["line_7", "line_7_part2"]
    assert [x.tax for x in planned.lines] == [usd("1.50"), usd("0"), usd("0")]


def test_units_that_an_edit_removed_are_not_planned_and_a_line_without_any_is_left_out() -> None:
    lines = (
        line(id="1", quantity=3, current_quantity=2, reduced=True, taxes=(tax("0.15", "4.50"),)),
        line(id="2", current_quantity=0, reduced=True),
        line(id="3", quantity=0),
    )
    (only,) = changes(situation(order(*lines, total=usd("23.00"), total_tax=usd("3.00")))).order.lines
    assert (only.quantity, only.amount, only.tax) == (2, usd("20.00"), usd("3.00"))


def test_a_line_discounted_to_nothing_stays_a_line() -> None:
    (only,) = changes(situation(order(line(discounts=(usd("10.00"),))))).order.lines
    assert (only.quantity, only.unit_price, only.amount) == (1, Decimal(0), usd("0.00"))


def test_removed_shipping_is_left_out() -> None:
    assert len(changes(situation(order(shipping_lines=(shipping(removed=True),)))).order.lines) == 1


# customers and addresses


def test_a_new_customer_is_made_with_delivery_and_invoice_address() -> None:
    bill = dataclasses.replace(HOME, address1="Bank St 2", company="Doe Inc")
    planned = changes(situation(order(billing_address=bill))).order
    assert planned.customer.ref == "tandem_acme.customer_77"
    assert planned.customer.values["email"] == "jane@example.com"
    assert planned.customer.values["country_id"] == "233"
    delivery, invoice = planned.customer.addresses
    assert (delivery.type, delivery.values["street"], delivery.values["state_id"]) == ("delivery", "Main St 1", "25")
    assert (invoice.type, invoice.values["name"]) == ("invoice", "Doe Inc, Jane Doe")
    assert (planned.shipping, planned.invoice) == (delivery.external_id, invoice.external_id)


def test_an_address_has_the_same_external_id_every_time_and_another_when_it_differs() -> None:
    first = changes(situation()).order
    moved = changes(situation(order(shipping_address=dataclasses.replace(HOME, city="Lexington")))).order
    assert first.shipping == changes(situation()).order.shipping
    assert first.shipping != moved.shipping
    assert first.invoice == moved.invoice


def test_a_linked_customer_goes_before_one_of_the_same_email() -> None:
    partners = (PartnerFact(3, "By mail", "jane@example.com"), PartnerFact(4, "Linked", "x@example.com"))
    assert changes(situation(partners=partners, linked_partner_id=4)).order.customer.ref == 4
    assert changes(situation(partners=partners)).order.customer.ref == 3


def test_without_customer_and_address_the_order_is_the_generic_customers() -> None:
    placed = order(customer=None, shipping_address=None, billing_address=None)
    planned = changes(situation(placed)).order
    assert planned.customer.ref == planned.shipping == planned.invoice == "tandem_acme.generic_customer"
    chosen = changes(situation(placed), StoreRules(generic_customer_id=8)).order
    assert chosen.customer.ref == chosen.shipping == 8


def test_without_customer_a_known_email_still_names_one() -> None:
    partners = (PartnerFact(3, "By mail", "jane@example.com"),)
    placed = order(customer=None, email="JANE@example.com")
    assert changes(situation(placed, partners=partners)).order.customer.ref == 3


def test_without_customer_an_order_still_has_its_own_addresses() -> None:
    planned = changes(situation(order(customer=None))).order
    assert planned.customer.ref == "tandem_acme.generic_customer"
    assert planned.shipping == planned.customer.addresses[0].external_id


def test_a_province_that_odoo_does_not_know_stays_readable() -> None:
    away = Address(name="A", address1="S 1", address2="Flat 2", province="ZET", province_name="Zetland", country="GB")
    values = changes(situation(order(shipping_address=away))).order.customer.addresses[0].values
    assert (values["street2"], values["state_id"], values["country_id"]) == ("Flat 2, Zetland", "", "")


# products


@pytest.mark.parametrize(
    ("rule", "ref"),
    [(MissingProduct.CREATE, "tandem_acme.variant_9"), (MissingProduct.PLACEHOLDER, "tandem_acme.placeholder_product")],
)
def test_a_missing_product_follows_the_rule(rule: MissingProduct, ref: str) -> None:
    planned = changes(situation(products=()), StoreRules(missing_product=rule))
    assert planned.order.lines[0].product == ref
    assert [product.external_id for product in planned.products] == [ref]


def test_a_missing_product_is_held_by_default() -> None:
    hold = held(situation(products=()))
    assert (hold.code, hold.details["sku"]) == ("product_missing", "MUG-1")


def test_a_created_product_carries_its_codes_and_price() -> None:
    planned = changes(situation(order(line(barcode="400")), products=()), StoreRules(missing_product="create"))
    assert planned.products[0].values == {
        "name": "Mug",
        "default_code": "MUG-1",
        "barcode": "400",
        "list_price": "10.00",
    }


def test_an_archived_product_is_not_made_a_second_time() -> None:
    archived = (ProductFact(11, "Mug", "MUG-1", active=False),)
    assert held(situation(products=archived), StoreRules(missing_product="create")).code == "product_archived"


def test_two_products_of_one_sku_are_held_with_the_candidates() -> None:
    hold = held(situation(products=(MUG, ProductFact(12, "Mug 2", "MUG-1"))))
    assert hold.code == "product_ambiguous"
    assert [candidate["id"] for candidate in hold.details["candidates"]] == [11, 12]


def test_a_matched_variant_is_remembered_and_a_linked_one_is_not_again() -> None:
    assert changes(situation()).links == (("variant", "9", 11, "[MUG-1] Mug"),)
    assert changes(situation(linked_products={"9": 11})).links == ()


def test_a_custom_line_needs_no_product_of_its_own() -> None:
    placed = order(line("Engraving", sku="", variant_id=None))
    assert changes(situation(placed)).order.lines[0].product == "tandem_acme.custom_line_product"
    assert changes(situation(placed), StoreRules(custom_product_id=3)).order.lines[0].product == 3


def test_a_line_tells_variant_sku_and_the_buyers_words() -> None:
    placed = order(line(variant_title="Blue", attributes=(("Engraving", "J & J"), ("_hidden", "x"))))
    assert changes(situation(placed)).order.lines[0].name == "[MUG-1] Mug - Blue\nEngraving: J & J"


# taxes and currencies


def test_a_tax_is_found_by_rate_and_inclusion() -> None:
    placed = order(line(price="12.00", taxes=(tax("0.2", "2.00"),)), taxes_included=True)
    assert changes(situation(placed)).order.lines[0].tax_ids == (2,)


@pytest.mark.parametrize(("rate", "included"), [("0.19", False), ("0.15", True)])
def test_a_tax_odoo_does_not_have_is_held(rate: str, included: bool) -> None:
    hold = held(situation(order(line(taxes=(tax(rate, "1.90"),)), taxes_included=included)))
    assert (hold.code, hold.details["rate"]) == ("tax_missing", rate)


def test_a_mapped_tax_goes_before_one_found() -> None:
    mapping = StoreRules(taxes=(TaxMapping(rate="0.15", tax_id=42, title="Sales tax", included=False),))
    placed = situation(order(line(taxes=(tax("0.15", "1.50"),))))
    assert changes(placed, mapping).order.lines[0].tax_ids == (42,)
    elsewhere = situation(order(line(taxes=(tax("0.15", "1.50", "Other"),))))
    assert changes(elsewhere, mapping).order.lines[0].tax_ids == (1,)


def test_of_several_taxes_of_one_rate_the_one_of_the_same_name_is_meant() -> None:
    state = TaxFact(8, "State tax", Decimal("0.15"), included=False)
    facts = dataclasses.replace(FACTS, taxes=(*FACTS.taxes, state))
    named = order(line(taxes=(tax("0.15", "1.50", "state TAX"),)))
    assert changes(situation(named, facts=facts)).order.lines[0].tax_ids == (8,)
    assert held(situation(order(line(taxes=(tax("0.15", "1.50"),))), facts=facts)).code == "tax_ambiguous"


def test_a_tax_of_nothing_needs_no_tax_in_odoo() -> None:
    assert changes(situation(order(line(taxes=(tax("0", "0.00"),))))).order.lines[0].tax_ids == ()


def test_two_taxes_on_a_line_are_both_kept() -> None:
    county = TaxFact(9, "County", Decimal("0.02"), included=False)
    facts = dataclasses.replace(FACTS, taxes=(*FACTS.taxes, county))
    placed = order(line(taxes=(tax("0.15", "1.50"), tax("0.02", "0.20"))))
    assert changes(situation(placed, facts=facts)).order.lines[0].tax_ids == (1, 9)


def euros() -> Order:
    return order(dataclasses.replace(line(), unit_price=Money.of("10", "EUR")), currency="EUR")


def test_another_currency_takes_the_pricelist_of_that_currency() -> None:
    assert changes(situation(euros())).order.pricelist_id == 5
    assert changes(situation(euros()), StoreRules(pricelists={"EUR": 77})).order.pricelist_id == 77
    assert changes(situation()).order.pricelist_id is None


def test_another_currency_without_pricelist_is_held() -> None:
    facts = dataclasses.replace(FACTS, pricelists={})
    assert held(situation(euros(), facts=facts)).code == "pricelist_missing"


# what is not imported


def test_an_order_cancelled_before_it_came_is_ignored_with_the_rule_named() -> None:
    decided = plan(situation(order(cancelled_at=datetime(2026, 11, 21, tzinfo=UTC))), HOLDING)
    assert decided == Ignore("cancelled in Shopify before it reached Odoo")


def test_an_order_cancelled_afterwards_is_cancelled_in_odoo_as_well() -> None:
    cancelled = order(cancelled_at=datetime(2026, 11, 21, tzinfo=UTC), refund_ids=("8", "9"))
    there = situation(cancelled, target_id=5, existing=odoo_order())
    decided = plan(dataclasses.replace(there, waiting_refunds=("9",)), HOLDING)
    assert isinstance(decided, Cancelling)
    assert (decided.steps.cancel_order, decided.waiting_refunds) == (False, ("9",))
    decided = plan(there, HOLDING)
    assert isinstance(decided, Cancelling)
    assert decided.steps.cancel_order
    repeat = dataclasses.replace(there, synced_digest=order_digest(cancelled, HOLDING))
    assert plan(repeat, HOLDING) == Nothing(order_digest(cancelled, HOLDING))


def test_a_deleted_order_is_ignored_or_held() -> None:
    gone = dataclasses.replace(situation(), order=None)
    assert isinstance(plan(gone, HOLDING), Ignore)
    assert held(dataclasses.replace(gone, target_id=5, existing=odoo_order())).code == "order_deleted"
    assert isinstance(plan(dataclasses.replace(gone, target_id=5, existing=odoo_order("cancel")), HOLDING), Ignore)


def test_test_orders_follow_the_rule() -> None:
    assert isinstance(plan(situation(order(test=True)), HOLDING), Changes)
    ignored = plan(situation(order(test=True)), StoreRules(test_orders=HandlingOfTestOrders.IGNORE))
    assert ignored == Ignore("test_orders: ignore")
