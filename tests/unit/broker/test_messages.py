"""A body is written as dramatiq reads it, and read with suspicion."""

from __future__ import annotations

import json
from dataclasses import dataclass

import dramatiq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.broker.interface import BrokerEvent, Nudge, group_nudges
from libs.common.broker.messages import Unreadable, check_nudge, decode_event, encode_event, encode_nudge

ACTOR = "look_at_orders"
NUDGE = Nudge("shopify", "order", "acme", ("acme/order/1", "acme/order/2"))


@dataclass(frozen=True)
class Record:
    source: str
    entity: str
    store: str
    id: str


def test_dramatiq_itself_understands_a_nudge() -> None:
    sent = encode_nudge(NUDGE)
    message = dramatiq.Message.decode(sent.body)
    assert (message.actor_name, message.queue_name) == (ACTOR, "orders")
    assert message.args == ("acme", ["acme/order/1", "acme/order/2"])
    assert (message.kwargs, message.options) == ({}, {})
    assert message.message_id == sent.message_id
    assert sent.routing_key == "shopify.orders.acme"


def test_a_nudge_comes_back_as_it_was_sent() -> None:
    assert check_nudge(encode_nudge(NUDGE).body, actor=ACTOR, known={ACTOR})["args"] == ("acme", list(NUDGE.ids))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"actor_name": "look_at_refunds"}, "unknown actor"),
        ({"actor_name": None}, "unknown actor"),
        ({"args": ["acme"]}, "other version"),
        ({"args": ["acme", "acme/order/1"]}, "other version"),
        ({"args": ["acme", [1]]}, "other version"),
        ({"args": "acme"}, "other version"),
        ({"args": None}, "other version"),
        ({"kwargs": {"lane": "live"}}, "other version"),
    ],
)
def test_what_does_not_fit_is_unreadable_with_its_reason(change: dict[str, object], reason: str) -> None:
    body = json.dumps(json.loads(encode_nudge(NUDGE).body) | change).encode()
    with pytest.raises(Unreadable) as caught:
        check_nudge(body, actor=ACTOR, known={ACTOR})
    assert caught.value.reason == reason


def test_an_actor_that_is_not_registered_is_unknown() -> None:
    with pytest.raises(Unreadable, match="unknown actor: look_at_orders"):
        check_nudge(encode_nudge(NUDGE).body, actor=ACTOR, known=set())


@given(
    st.binary() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda x: json.dumps(x).encode())
)
def test_no_body_raises_anything_but_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        check_nudge(body, actor=ACTOR, known={ACTOR})
    with pytest.raises(Unreadable):
        decode_event(body)


def test_options_such_as_a_delay_are_not_taken_over() -> None:
    body = json.dumps(json.loads(encode_nudge(NUDGE).body) | {"options": {"eta": 9e15}, "message_id": 7}).encode()
    fields = check_nudge(body, actor=ACTOR, known={ACTOR})
    assert fields["options"] == {}
    assert isinstance(fields["message_id"], str)


def test_an_event_comes_back_as_it_was_sent() -> None:
    event = BrokerEvent("order.held", "acme", {"id": "acme/order/1", "code": "unknown_product"})
    sent = encode_event(event)
    assert sent.routing_key == "order.held.acme"
    assert decode_event(sent.body) == event


def test_nudges_are_grouped_by_source_entity_and_store_and_name_each_record_once() -> None:
    records = [
        Record("shopify", "order", "acme", "acme/order/1"),
        Record("shopify", "order", "other", "other/order/1"),
        Record("shopify", "order", "acme", "acme/order/1"),
        Record("odoo", "order", "acme", "acme/order/2"),
        Record("shopify", "order", "acme", "acme/order/3"),
    ]
    assert group_nudges(records) == [
        Nudge("shopify", "order", "acme", ("acme/order/1", "acme/order/3")),
        Nudge("shopify", "order", "other", ("other/order/1",)),
        Nudge("odoo", "order", "acme", ("acme/order/2",)),
    ]


@given(st.lists(st.integers(0, 60), max_size=80))
def test_grouping_loses_none_and_stays_within_the_limit(numbers: list[int]) -> None:
    nudges = group_nudges([Record("shopify", "order", "acme", str(number)) for number in numbers])
    assert [one for nudge in nudges for one in nudge.ids] == list(dict.fromkeys(map(str, numbers)))
    assert all(len(nudge.ids) <= 20 for nudge in nudges)


@pytest.mark.parametrize(("entity", "count"), [("order", 0), ("order", 21), ("invoice", 1)])
def test_a_nudge_that_cannot_be_sent_is_not_made(entity: str, count: int) -> None:
    with pytest.raises(ValueError):
        Nudge("shopify", entity, "acme", tuple(str(number) for number in range(count)))
