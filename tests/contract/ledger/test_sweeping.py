"""What the sweeper and the console ask."""

from __future__ import annotations

from libs.common.clock import ManualClock
from libs.common.ledger.model import Held, Hint, Lane, Link, Recorded, Settlement, State, Target
from libs.common.ledger.repository import MongoLedger
from tests.contract.ledger.helpers import at, claim, got, hint, key, synced, try_claim


def unsent(ledger: MongoLedger, limit: int = 100) -> list[str]:
    return [record.id for record in ledger.to_nudge(limit=limit, overdue_seconds=30)]


def test_what_was_never_sent_is_to_be_nudged_once(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint("1"), hint("2")])
    assert sorted(unsent(ledger)) == [key("1"), key("2")]
    ledger.mark_nudged([key("1")])
    assert unsent(ledger) == [key("2")]
    assert ledger.outstanding(overdue_seconds=30) == 1
    clock.advance(31)
    assert sorted(unsent(ledger)) == [key("1"), key("2")]
    assert ledger.outstanding(overdue_seconds=30) == 0


def test_a_record_that_becomes_due_later_is_nudged_then(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint()])
    ledger.mark_nudged([key()])
    taken = claim(ledger)
    # The broker's confirmation of an earlier message may come late: it says nothing of the next turn.
    ledger.mark_nudged([key()])
    ledger.settle(taken.token, [Settlement(key(), State.DUE, 1, due_at=clock.now().replace(minute=1))])
    ledger.mark_nudged([key()])
    assert unsent(ledger) == []
    clock.advance(60)
    assert unsent(ledger) == [key()]
    assert got(ledger).nudged_at is None


def test_what_a_dead_worker_left_is_nudged_when_its_lease_is_over(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint()])
    claim(ledger)
    assert unsent(ledger) == []
    clock.advance(61)
    assert unsent(ledger) == [key()]
    ledger.mark_nudged([key()])
    assert unsent(ledger) == []
    clock.advance(31)
    assert unsent(ledger) == [key()]
    assert try_claim(ledger, "1") is not None


def test_what_is_settled_is_not_nudged(ledger: MongoLedger) -> None:
    ledger.record_hints([hint()])
    taken = claim(ledger)
    ledger.settle(taken.token, [synced(taken.records[0])])
    assert unsent(ledger) == []


def test_live_is_nudged_before_backfill(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint("1", lane=Lane.BACKFILL)])
    clock.advance(1)
    ledger.record_hints([hint("2")])
    assert unsent(ledger) == [key("2"), key("1")]
    assert unsent(ledger, limit=1) == [key("2")]


def test_one_stores_flood_leaves_room_for_the_others(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint(str(number), store="flood") for number in range(30)])
    clock.advance(5)
    ledger.record_hints([hint("1"), hint("2"), hint("1", store="beta")])
    found = unsent(ledger, limit=12)
    assert len(found) == len(set(found)) == 12
    assert {key("1"), key("2"), key("1", "beta")} <= set(found)
    assert len(unsent(ledger, limit=100)) == 33


def test_nothing_is_asked_of_an_empty_ledger(ledger: MongoLedger) -> None:
    assert unsent(ledger) == []
    assert ledger.outstanding(overdue_seconds=30) == 0
    assert ledger.counts() == {}
    assert ledger.find() == []
    assert ledger.get("acme/order/1") is None
    ledger.mark_nudged([])
    assert ledger.retry([], why="x") == []


def test_pairs_found_on_the_way_are_known_afterwards(ledger: MongoLedger) -> None:
    ledger.link(
        "acme",
        [
            Link("customer", "5", Target("res.partner", 50, "Ada"), name="ada"),
            Link("variant", "6", Target("product.product", 60)),
        ],
    )
    assert ledger.links("acme", "customer", ["5", "6"]) == {"5": Target("res.partner", 50, "Ada")}
    assert ledger.links("acme", "variant", []) == {}
    record = ledger.get("acme/customer/5")
    assert record is not None
    assert (record.state, record.source, record.name, record.wanted.seq) == (State.SYNCED, "shopify", "ada", 0)
    assert record.wanted.why == "matched by orders"


def test_a_pair_that_is_taken_is_left_alone(ledger: MongoLedger) -> None:
    ledger.link("acme", [Link("customer", "5", Target("res.partner", 50))])
    ledger.link(
        "acme",
        [
            Link("customer", "5", Target("res.partner", 51)),
            Link("customer", "6", Target("res.partner", 50)),
            Link("customer", "7", Target("res.partner", 70)),
        ],
    )
    known = ledger.links("acme", "customer", ["5", "6", "7"])
    assert known == {"5": Target("res.partner", 50), "7": Target("res.partner", 70)}
    assert ledger.get("acme/customer/6") is None


def test_linking_a_record_that_waits_to_be_synced_keeps_it_waiting(ledger: MongoLedger) -> None:
    ledger.record_hints([hint("1", name="#1001")])
    ledger.link("acme", [Link("order", "1", Target("sale.order", 7))])
    record = got(ledger)
    assert (record.state, record.target, record.name) == (State.DUE, Target("sale.order", 7), "#1001")


def test_a_linked_record_is_hinted_like_any_other(ledger: MongoLedger) -> None:
    ledger.link("acme", [Link("order", "1", Target("sale.order", 7))])
    assert ledger.record_hints([hint("1", version=at(1))]) == [Recorded.RECORDED]
    [record] = claim(ledger, "1").records
    assert (record.target, record.wanted.seq) == (Target("sale.order", 7), 1)


def test_records_are_found_by_store_entity_and_state_newest_change_first(
    ledger: MongoLedger, clock: ManualClock
) -> None:
    for one in (hint("1"), hint("2"), hint("3", entity="refund"), hint("4", store="beta")):
        ledger.record_hints([one])
        clock.advance(1)
    taken = claim(ledger, "1", limit=1)
    ledger.settle(taken.token, [Settlement(key("1"), State.HELD, 1, held=Held("x", "y"))])
    assert [record.source_id for record in ledger.find()] == ["1", "4", "3", "2"]
    assert [record.source_id for record in ledger.find(store="acme", entity="order")] == ["1", "2"]
    assert [record.source_id for record in ledger.find(state=State.HELD)] == ["1"]
    assert [record.source_id for record in ledger.find(limit=2)] == ["1", "4"]
    assert ledger.counts() == {
        ("acme", "order", State.HELD): 1,
        ("acme", "order", State.DUE): 1,
        ("acme", "refund", State.DUE): 1,
        ("beta", "order", State.DUE): 1,
    }


def test_a_retry_by_hand_makes_due_what_rests_or_waits(ledger: MongoLedger, clock: ManualClock) -> None:
    ledger.record_hints([hint(str(number)) for number in range(1, 6)])
    taken = claim(ledger)
    ledger.settle(
        taken.token,
        [
            Settlement(key("1"), State.HELD, 1, held=Held("x", "y"), attempts=6),
            Settlement(key("2"), State.IGNORED, 1, ignored="rule"),
            Settlement(key("3"), State.SYNCED, 1, digest="d"),
            Settlement(key("4"), State.DUE, 1, due_at=at(900), waits_for="breaker:acme/odoo", attempts=2),
        ],
    )
    clock.advance(5)
    asked = [key(str(number)) for number in (1, 2, 3, 4, 5, 9)]
    assert ledger.retry(asked, why="by hand") == asked[:5]
    for number in range(1, 5):
        record = got(ledger, str(number))
        assert (record.state, record.due_at, record.attempts, record.lane) == (State.DUE, clock.now(), 0, Lane.LIVE)
        assert (record.held, record.ignored, record.waits_for) == (None, None, None)
        assert record.history[-1].details == {"why": "by hand"}
    assert got(ledger, "5").state is State.RUNNING
    outcome = ledger.settle(taken.token, [Settlement(key("5"), State.SYNCED, 1)])
    assert outcome.again == {key("5")}


def test_a_record_of_an_entity_without_a_queue_is_not_swept(ledger: MongoLedger) -> None:
    ledger.record_hints([Hint("acme", "customer", "7"), Hint("acme", "order", "1")])
    found = ledger.to_nudge(limit=10, overdue_seconds=30, entities=["order"])
    assert [record.id for record in found] == ["acme/order/1"]
