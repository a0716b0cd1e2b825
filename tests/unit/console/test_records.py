"""`tandem records`: showing, listing, retrying."""

from __future__ import annotations

import json

import pytest

from libs.common.ledger.model import Hint, Link, State, Target
from tests.unit.console.world import Recorder, World


@pytest.fixture
def world() -> World:
    return World()


def test_the_page_of_a_held_record_tells_why_what_to_do_and_what_happened(world: World) -> None:
    record = world.hold("1001")
    result = world.run("records", "show", record.id)
    assert result.exit_code == 0
    for part in (
        "acme/order/1001",
        "#1001",
        "held",
        "product_missing: 'Lamp' (SKU L1) is not in Odoo",
        "create the product",
        "sku: L1",
        "tandem records retry acme/order/1001",
        "1 hint",
        "orders/create",
        "claimed 1 time in all",
        "worker=worker-1",
    ):
        assert part in result.stdout, part


def test_the_page_of_a_synced_record_tells_its_target_and_digest(world: World) -> None:
    record = world.settled("1002", State.SYNCED, target=Target("sale.order", 42, "S00042"))
    text = world.run("records", "show", record.id).stdout
    assert "sale.order 42 S00042" in text
    assert "d1g3st" in text


def test_the_page_of_a_due_record_tells_when_and_whether_a_message_is_on_its_way(world: World) -> None:
    world.ledger.record_hints([Hint("acme", "order", "1", name="#1", why="orders/create")])
    assert "not sent yet" in world.run("records", "show", "acme/order/1").stdout
    world.ledger.mark_nudged(["acme/order/1"])
    assert "not sent yet" not in world.run("records", "show", "acme/order/1").stdout


def test_the_page_of_a_running_record_tells_who_has_it(world: World) -> None:
    world.ledger.record_hints([Hint("acme", "order", "1", why="orders/create")])
    world.ledger.claim("acme", "order", ["acme/order/1"], worker="host:7", lease_seconds=60, limit=1)
    assert "host:7, until" in world.run("records", "show", "acme/order/1").stdout


def test_brackets_in_what_others_wrote_are_text(world: World) -> None:
    world.settled("1003", State.IGNORED, ignored="[bold]rule[/nonsense]")
    assert "[bold]rule[/nonsense]" in world.run("records", "show", "acme/order/1003").stdout
    assert "[bold]rule[/nonsense]" in world.run("records", "list").stdout


def test_a_record_as_json_has_the_ledgers_own_fields(world: World) -> None:
    record = world.hold("1001")
    told = json.loads(world.run("records", "show", record.id, "--json").stdout)
    assert told["id"] == "acme/order/1001"
    assert told["state"] == "held"
    assert told["held"]["details"] == {"sku": "L1"}
    assert [event["what"] for event in told["history"]] == ["hint", "claim", "held"]
    assert told["wanted"]["at"].endswith("+00:00")


def test_an_unknown_record_is_told_and_ends_with_1(world: World) -> None:
    result = world.run("records", "show", "acme/order/9")
    assert result.exit_code == 1
    assert "acme/order/9: is not in the ledger" in result.stderr


@pytest.mark.parametrize("command", ["show", "retry"])
def test_what_is_no_record_id_is_told_with_an_example(world: World, command: str) -> None:
    result = world.run("records", command, "1001")
    assert result.exit_code == 2
    assert "acme/order/450789469" in result.stderr


def test_the_list_is_filtered_and_says_when_there_is_more(world: World) -> None:
    for number in ("1", "2", "3"):
        world.hold(number)
    world.hold("9", store="other")
    world.settled("4", State.SYNCED, target=Target("sale.order", 4, "S00004"))
    result = world.run("records", "list", "--state", "held", "--store", "acme", "--limit", "2")
    assert result.exit_code == 0
    assert result.stdout.count("product_missing") == 2
    assert "acme/order/3" in result.stdout
    assert "other/order/9" not in result.stdout
    assert "S00004" not in result.stdout
    assert "more than these 2" in result.stderr


def test_the_list_as_json_is_an_array_even_when_empty(world: World) -> None:
    assert json.loads(world.run("records", "list", "--json").stdout) == []
    world.hold("1")
    assert [each["id"] for each in json.loads(world.run("records", "list", "--json").stdout)] == ["acme/order/1"]


def test_a_list_without_any_says_so(world: World) -> None:
    result = world.run("records", "list", "--state", "held")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No record is like that." in result.stderr


def test_an_unknown_state_is_bad_input(world: World) -> None:
    result = world.run("records", "list", "--state", "stuck")
    assert result.exit_code == 2
    assert "held" in result.stderr


def test_retrying_makes_due_and_tells_which_were_found(world: World) -> None:
    world.hold("1")
    result = world.run("records", "retry", "acme/order/1", "acme/order/9", "acme/order/1")
    assert result.exit_code == 1
    assert result.stdout == "acme/order/1: due now\n"
    assert "acme/order/9: is not in the ledger" in result.stderr
    record = world.ledger.get("acme/order/1")
    assert record is not None
    assert (record.state, record.wanted.why) == (State.DUE, "retry by hand")


def test_retrying_tells_the_workers_when_there_is_a_broker() -> None:
    publisher = Recorder()
    world = World(publisher)
    world.hold("1")
    result = world.run("records", "retry", "acme/order/1")
    assert result.exit_code == 0
    assert "the workers were told" in result.stderr
    assert [nudge.ids for nudge in publisher.nudges] == [("acme/order/1",)]
    record = world.ledger.get("acme/order/1")
    assert record is not None
    assert record.nudged_at is not None


@pytest.mark.parametrize("publisher", [None, Recorder(away=True)])
def test_without_a_broker_the_retry_counts_and_the_sweeper_sends(publisher: Recorder | None) -> None:
    world = World(publisher)
    world.hold("1")
    result = world.run("records", "retry", "acme/order/1")
    assert result.exit_code == 0
    assert "the scheduler tells the workers" in result.stderr
    assert [record.id for record in world.ledger.to_nudge(limit=5, overdue_seconds=60)] == ["acme/order/1"]


def test_retrying_all_held_of_a_store_leaves_the_others_alone(world: World) -> None:
    for number in ("1", "2"):
        world.hold(number)
    world.hold("3", store="other")
    world.settled("4", State.SYNCED, target=Target("sale.order", 4))
    result = world.run("records", "retry", "--state", "held", "--store", "acme", "--yes")
    assert result.exit_code == 0
    assert "2 records to be tried again" in result.stderr
    assert {record.id for record in world.ledger.find(state=State.DUE)} == {"acme/order/1", "acme/order/2"}


def test_many_are_not_retried_unasked(world: World) -> None:
    world.hold("1")
    result = world.run("records", "retry", "--state", "held", "--store", "acme")
    assert result.exit_code == 2
    assert "Retry 1 held record of acme? There is nobody to ask here: say --yes." in result.stderr
    assert world.ledger.find(state=State.DUE) == []


@pytest.mark.parametrize("args", [(), ("acme/order/1", "--state", "held")])
def test_records_are_named_or_chosen_not_both(world: World, args: tuple[str, ...]) -> None:
    result = world.run("records", "retry", *args)
    assert result.exit_code == 2
    assert "not both" in result.stderr


def test_a_link_is_not_made_due_because_nothing_works_on_it(world: World) -> None:
    world.ledger.link("acme", [Link("variant", "77", Target("product.product", 5, "Mug"), "Mug")])
    result = world.run("records", "retry", "acme/variant/77")
    assert result.exit_code == 1
    assert "Retry the order instead" in result.stderr
    record = world.ledger.get("acme/variant/77")
    assert record is not None
    assert record.state is State.SYNCED
