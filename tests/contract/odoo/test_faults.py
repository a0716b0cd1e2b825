"""Faults of the other side, on the sandbox: typed, bounded in time, and nothing twice afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from libs.common.errors import Ambiguous, CredentialsRefused, Failure, Outage, RateLimited, Transient
from libs.common.odoo.client import RACE_TRIES, OdooClient
from libs.sandbox.faults import Action, Delay, Drop, Error, Fault, Refuse, Silence, Truncate
from libs.sandbox.odoo.sandbox import OdooSandbox

PARTNER = [["tandem_faults.partner_1", "Ada"]]
COLUMNS = ["id", "name"]
LOAD = "res.partner.load"


@pytest.fixture
def odoo() -> Iterator[OdooSandbox]:
    with OdooSandbox() as odoo:
        yield odoo


@pytest.fixture
def client(odoo: OdooSandbox) -> Iterator[OdooClient]:
    client = OdooClient(odoo.url, odoo.database, odoo.login, odoo.key, 1, read_seconds=1.0, sleep=lambda _: None)
    client.authenticate()
    yield client
    client.close()


def made(odoo: OdooSandbox) -> int:
    return len(odoo.find("res.partner", [("name", "=", "Ada")]))


@pytest.mark.parametrize(
    ("action", "kind", "applied"),
    [
        (Drop(applied=True), Ambiguous, True),
        (Drop(), Ambiguous, False),
        (Silence(), Ambiguous, True),
        (Truncate(), Ambiguous, True),
        (Refuse(200, "<html><title>Updating</title></html>"), Ambiguous, False),
        (Refuse(502), Ambiguous, False),
        (Refuse(503), Outage, False),
        (Refuse(429, headers={"Retry-After": "3"}), RateLimited, False),
        (Error("AccessDenied"), CredentialsRefused, False),
    ],
)
def test_a_write_that_went_wrong_can_be_done_again_without_making_a_second_record(
    odoo: OdooSandbox, client: OdooClient, action: Action, kind: type[Failure], applied: bool
) -> None:
    odoo.faults.add(Fault(LOAD, action, times=2 if kind is CredentialsRefused else 1))
    started = time.monotonic()
    with pytest.raises(Failure) as caught:
        client.load("res.partner", COLUMNS, PARTNER)
    assert type(caught.value) is kind
    assert time.monotonic() - started < 5
    assert made(odoo) == int(applied)
    (partner,) = client.load("res.partner", COLUMNS, PARTNER).ids
    assert client.load("res.partner", COLUMNS, PARTNER).ids == (partner,)
    assert made(odoo) == 1


@pytest.mark.parametrize("action", [Drop(), Silence(), Truncate(), Refuse(502), Refuse(200, "<html></html>")])
def test_a_read_that_went_wrong_is_transient(odoo: OdooSandbox, client: OdooClient, action: Action) -> None:
    odoo.faults.add(Fault("res.partner.search_read", action))
    with pytest.raises(Transient):
        client.search_read("res.partner", [], ["name"])
    assert client.search_read("res.partner", [], ["name"])


def test_a_serialization_failure_is_repeated_in_place_a_few_times(odoo: OdooSandbox, client: OdooClient) -> None:
    fault = odoo.faults.add(Fault(LOAD, Error("serialization"), times=RACE_TRIES - 1))
    assert client.load("res.partner", COLUMNS, PARTNER).ids
    assert fault.fired == RACE_TRIES - 1
    odoo.faults.clear()
    odoo.faults.add(Fault(LOAD, Error("serialization"), times=None))
    with pytest.raises(Transient) as caught:
        client.load("res.partner", COLUMNS, PARTNER)
    assert caught.value.code == "serialization"
    assert made(odoo) == 1


def test_a_slow_answer_is_an_answer(odoo: OdooSandbox, client: OdooClient) -> None:
    odoo.faults.add(Fault(LOAD, Delay(0.3)))
    assert client.load("res.partner", COLUMNS, PARTNER).ids


def test_a_key_that_was_revoked_pauses_and_a_new_one_goes_on(odoo: OdooSandbox, client: OdooClient) -> None:
    odoo.replace_key("another")
    with pytest.raises(CredentialsRefused):
        client.search_read("res.partner", [], ["name"])
    odoo.replace_key(odoo.key)
    assert client.search_read("res.partner", [], ["name"])


def test_a_server_that_is_away_and_comes_back(odoo: OdooSandbox, client: OdooClient) -> None:
    odoo.stop()
    with pytest.raises(Outage):
        client.load("res.partner", COLUMNS, PARTNER)
    odoo.start()
    assert client.load("res.partner", COLUMNS, PARTNER).ids
