"""What the ledger keeps of people: told by hints, found, erased; and links that move."""

from __future__ import annotations

import pytest

from libs.common.errors import Transient
from libs.common.ledger.model import Held, Hint, Link, Settlement, State, Target
from libs.common.ledger.repository import MongoLedger


def held(ledger: MongoLedger, entity: str, source_id: str, name: str, words: str) -> str:
    hint = Hint("acme", entity, source_id, name=name, why="test", delivery_id=f"d{source_id}")
    ledger.record_hints([hint])
    claim = ledger.claim("acme", entity, [hint.id], worker="w", lease_seconds=60, limit=1)
    assert claim
    reason = Held("odd", f"{words} is odd", "ask them", {"who": [words]})
    target = Target("sale.order", int(source_id), f"S{source_id}")
    ledger.settle(claim.token, [Settlement(hint.id, State.HELD, 1, held=reason, target=target)])
    return hint.id


def test_what_a_hint_tells_is_kept_and_the_newest_word_counts(ledger: MongoLedger) -> None:
    for kept in ("1", "2"):
        ledger.record_hints([Hint("acme", "customer", "9", why="customers/merge", told={"merged_into": kept})])
    found = ledger.get("acme/customer/9")
    assert found
    assert dict(found.told) == {"merged_into": "2"}
    ledger.tell(found.id, {"a": "1"}, forget=("merged_into",))
    found = ledger.get(found.id)
    assert found
    assert dict(found.told) == {"a": "1"}


def test_a_hint_of_a_creation_keeps_what_it_tells(ledger: MongoLedger) -> None:
    ledger.record_hints([Hint("acme", "customer", "9", why="customers/create", told={"a": "1"})])
    found = ledger.get("acme/customer/9")
    assert found
    assert dict(found.told) == {"a": "1"}


def test_erasing_takes_the_words_and_leaves_what_keeps_things_from_being_done_twice(ledger: MongoLedger) -> None:
    order = held(ledger, "order", "1", "#1001", "Jane Doe")
    other = held(ledger, "order", "2", "#1002", "jane@example.com")
    stranger = held(ledger, "order", "3", "#1003", "Bob")
    ledger.link("acme", [Link("customer", "77", Target("res.partner", 5, "Jane Doe"), "Jane Doe")])
    words = ["JANE@example.com", "Jane Doe"]
    assert {one.id for one in ledger.mentions("acme", [order], words)} == {order, other, "acme/customer/77"}
    assert ledger.erase("acme", [order, "acme/customer/77"], words) == 3
    left = {one: ledger.get(one) for one in (order, other, stranger, "acme/customer/77")}
    assert "jane" not in repr(left).lower()
    assert "Bob is odd" in repr(left[stranger])
    kept = left[order]
    assert kept
    assert (kept.state, kept.name, kept.target, kept.deliveries) == (
        State.HELD, "#1001", Target("sale.order", 1, "S1"), ("d1",)
    )  # fmt: skip
    assert [event.what for event in kept.history] == ["hint", "claim", "held"]
    customer = left["acme/customer/77"]
    assert customer
    assert customer.target is None
    ledger.link("acme", [Link("customer", "77", Target("res.partner", 5, "Jane Doe"), "Jane Doe")])
    assert ledger.links("acme", "customer", ["77"]) == {}
    assert ledger.erase("acme", [order, "acme/customer/77"], words) == 2


def test_a_whole_store_is_erased_and_no_other_one(ledger: MongoLedger) -> None:
    order = held(ledger, "order", "1", "#1001", "Jane Doe")
    ledger.record_hints([Hint("acme2", "order", "1", name="Jane Doe", why="test")])
    assert ledger.erase_store("acme") == 1
    assert "Jane" not in repr(ledger.get(order))
    assert "Jane" in repr(ledger.get("acme2/order/1"))


def test_a_record_at_work_is_not_erased_under_its_worker(ledger: MongoLedger) -> None:
    hint = Hint("acme", "order", "1", name="Jane Doe", why="test")
    ledger.record_hints([hint])
    assert ledger.claim("acme", "order", [], worker="w", lease_seconds=60, limit=1)
    with pytest.raises(Transient, match="at work"):
        ledger.erase("acme", [hint.id], [])


def test_a_link_moves_once_however_often_it_is_asked_to(ledger: MongoLedger) -> None:
    target = Target("res.partner", 5, "Jane Doe")
    ledger.link("acme", [Link("customer", "1", target, "Jane Doe")])
    assert ledger.move_link("acme", "customer", "1", "2") == 5
    assert ledger.move_link("acme", "customer", "1", "2") is None
    assert ledger.links("acme", "customer", ["1", "2"]) == {"2": target}


def test_a_link_that_cannot_move_stays_and_takes_no_newer_one_away(
    ledger: MongoLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    jane, ann = Target("res.partner", 5, "Jane"), Target("res.partner", 6, "Ann")
    ledger.link("acme", [Link("customer", "1", jane), Link("customer", "2", ann)])
    with pytest.raises(Transient, match="given a link"):
        ledger.move_link("acme", "customer", "1", "2")
    assert ledger.links("acme", "customer", ["1", "2"]) == {"1": jane, "2": ann}
    newer, link = Target("res.partner", 7, "Joan"), ledger._link

    def linked_meanwhile(store: str, wanted: Link, *, at_work: bool) -> bool:
        link(store, Link("customer", "1", newer))
        return link(store, wanted, at_work=at_work)

    monkeypatch.setattr(ledger, "_link", linked_meanwhile)
    with pytest.raises(Transient):
        ledger.move_link("acme", "customer", "1", "2")
    assert ledger.links("acme", "customer", ["1", "2"]) == {"1": newer, "2": ann}


def test_a_link_takes_the_place_of_one_that_is_gone(ledger: MongoLedger) -> None:
    ledger.link(
        "acme",
        [Link("customer", "1", Target("res.partner", 5, "A")), Link("customer", "2", Target("res.partner", 6, "B"))],
    )
    assert ledger.move_link("acme", "customer", "1", "2", instead_of=6) == 5
    assert {one: found.id for one, found in ledger.links("acme", "customer", ["1", "2"]).items()} == {"2": 5}


def test_a_link_to_what_is_gone_is_given_up_and_only_that_one(ledger: MongoLedger) -> None:
    ledger.link("acme", [Link("variant", "1", Target("product.product", 5))])
    ledger.link("acme", [Link("variant", "1", Target("product.product", 7), instead_of=6)])
    assert ledger.links("acme", "variant", ["1"])["1"].id == 5
    for _ in range(2):
        ledger.link("acme", [Link("variant", "1", Target("product.product", 7), instead_of=5)])
        assert ledger.links("acme", "variant", ["1"])["1"].id == 7


def test_a_move_that_was_cut_in_two_is_finished(ledger: MongoLedger) -> None:
    ledger.record_hints([Hint("acme", "customer", "1", why="test", told={"moving": "5 res.partner Jane Doe"})])
    assert ledger.move_link("acme", "customer", "1", "2") == 5
    assert ledger.links("acme", "customer", ["2"])["2"].name == "Jane Doe"
    found = ledger.get("acme/customer/1")
    assert found
    assert "moving" not in found.told


def test_a_move_that_was_cut_after_the_link_had_arrived_is_finished(ledger: MongoLedger) -> None:
    target = Target("res.partner", 5, "Jane Doe")
    ledger.record_hints([Hint("acme", "customer", "1", why="test", told={"moving": "5 res.partner Jane Doe"})])
    ledger.link("acme", [Link("customer", "2", target, "Jane Doe")])
    assert ledger.move_link("acme", "customer", "1", "2") == 5
    assert ledger.links("acme", "customer", ["1", "2"]) == {"2": target}


def test_a_link_does_not_move_to_a_record_at_work_or_with_one_of_its_own(ledger: MongoLedger) -> None:
    target = Target("res.partner", 5, "Jane Doe")
    ledger.link("acme", [Link("customer", "1", target), Link("customer", "3", Target("res.partner", 6, "B"))])
    ledger.record_hints([Hint("acme", "customer", "2", why="test")])
    assert ledger.claim("acme", "customer", [], worker="w", lease_seconds=60, limit=1)
    for to in ("2", "3"):
        with pytest.raises(Transient, match="at work"):
            ledger.move_link("acme", "customer", "1", to)
        found = ledger.get("acme/customer/1")
        assert found
        assert (found.target, dict(found.told)) == (target, {})
    assert ledger.move_link("acme", "customer", "1", "2", at_work=True) == 5


def test_a_link_that_an_order_made_is_no_work_for_the_customers_workers(ledger: MongoLedger) -> None:
    ledger.link("acme", [Link("customer", "1", Target("res.partner", 5, "A"), "A")])
    assert ledger.to_nudge(limit=10, overdue_seconds=1, entities=["customer"]) == []
    assert ledger.claim("acme", "customer", [], worker="w", lease_seconds=60, limit=1) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("joann@example.com and ann@example.com.", "joann@example.com and (erased)."),
        ("ann@example.com.au", "ann@example.com.au"),
        ("Mary Ann Doe; Ann Doerr; ann doe", "Mary (erased); Ann Doerr; (erased)"),
        ("+1 (555) 625-1199 or 555.625.1199", "(erased) or (erased)"),
        ("order 95556251199123", "order 95556251199123"),
    ],
)
def test_whole_words_are_erased_and_a_phone_number_however_it_is_written(
    ledger: MongoLedger, text: str, left: str
) -> None:
    key = held(ledger, "order", "1", "#1001", text)
    ledger.erase("acme", [], ["ann@example.com", "Ann Doe", "555-625-1199"])
    found = ledger.get(key)
    assert found
    assert found.held
    assert found.held.message == f"{left} is odd"


def test_a_mention_in_what_was_told_or_is_kept_for_good_is_erased_too(ledger: MongoLedger) -> None:
    hint = Hint("acme", "order", "1", why="test", told={"buyer": "Ann Doe", "kept": "7"})
    ledger.record_hints([hint])
    claim = ledger.claim("acme", "order", [], worker="w", lease_seconds=60, limit=1)
    assert claim
    ledger.settle(claim.token, [Settlement(hint.id, State.SYNCED, 1, frozen={"by": "Ann Doe", "currency": "shop"})])
    assert ledger.erase("acme", [], ["Ann Doe"]) == 1
    found = ledger.get(hint.id)
    assert found
    assert dict(found.told) == {"buyer": "(erased)", "kept": "7"}
    assert dict(found.frozen) == {"by": "(erased)", "currency": "shop"}
