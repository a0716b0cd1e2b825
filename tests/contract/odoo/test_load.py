"""`load`: exactly once, all or nothing, never a false success."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from libs.common.errors import Failure, Rejected, Transient
from libs.common.odoo.cells import Cell, ids_cell
from libs.common.odoo.client import OdooClient
from libs.common.odoo.errors import RowRefused
from tests.contract.odoo.conftest import Lab

NO_COUNTRY = 999_999
RACERS = 6


def test_a_repeat_finds_the_record_and_changes_nothing(lab: Lab) -> None:
    external, name = lab.external("partner"), lab.new("partner")
    first = lab.client.load("res.partner", ["id", "name"], [[external, name]])
    again = lab.client.load("res.partner", ["id", "name"], [[external, "another name"]])
    assert first.ids == again.ids
    assert [v["name"] for v in lab.client.web_read("res.partner", first.ids, {"name": {}})] == [name]


def test_a_race_makes_exactly_one_record(lab: Lab) -> None:
    for _ in range(3):
        external, name = lab.external("partner"), lab.new("partner")

        def make(_: int, external: str = external, name: str = name) -> int | Failure:
            try:
                return lab.client.load("res.partner", ["id", "name"], [[external, name]]).ids[0]
            except Transient as error:
                return error

        with ThreadPoolExecutor(RACERS) as pool:
            answers = list(pool.map(make, range(RACERS)))
        found = lab.client.search_read("res.partner", [("name", "=", name)], ["name"])
        assert len(found) == 1
        # Every loser found the winner's record in the end: the client repeats a lost race in place.
        assert answers == [found[0]["id"]] * RACERS


def test_a_bad_row_is_named_and_nothing_of_the_batch_is_made(lab: Lab) -> None:
    names = [lab.new("partner") for _ in range(3)]
    rows = [[lab.external("partner"), name, ""] for name in names]
    rows[1][2] = str(NO_COUNTRY)
    with pytest.raises(RowRefused) as caught:
        lab.client.load("res.partner", ["id", "name", "country_id/.id"], rows)
    assert (caught.value.record, caught.value.records, caught.value.field_name) == (1, (1,), "country_id")
    assert str(NO_COUNTRY) in caught.value.message
    assert lab.client.search_read("res.partner", [("name", "in", names)], ["name"]) == []


def test_several_bad_rows_are_all_named(lab: Lab) -> None:
    rows = [[lab.external("partner"), lab.new("partner"), ""] for _ in range(4)]
    rows[1][2] = rows[3][2] = str(NO_COUNTRY)
    with pytest.raises(RowRefused) as caught:
        lab.client.load("res.partner", ["id", "name", "country_id/.id"], rows)
    assert caught.value.records == (1, 3)
    assert len(caught.value.messages) == 2


def test_a_row_that_breaks_a_rule_of_the_model_is_named(lab: Lab) -> None:
    barcode = lab.new("b")
    lab.client.load("product.product", ["id", "name", "barcode"], [[lab.external("product"), "first", barcode]])
    rows = [[lab.external("product"), "fine", lab.new("b")], [lab.external("product"), "taken", barcode]]
    with pytest.raises(RowRefused) as caught:
        lab.client.load("product.product", ["id", "name", "barcode"], rows)
    assert caught.value.record == 1
    assert barcode in caught.value.message


def test_children_are_made_with_their_parent_and_beside_a_child_of_another(lab: Lab) -> None:
    columns = ["id", "name", "type", "parent_id/.id", "child_ids/id", "child_ids/name", "child_ids/type"]
    parent, child, address = (lab.external("partner") for _ in range(3))
    rows: list[list[Cell]] = [
        [parent, "parent", "contact", "", child, "child", "delivery"],
        [address, "address", "invoice", lab.customer, "", "", ""],
    ]
    ids = lab.client.load("res.partner", columns, rows).ids
    assert lab.client.load("res.partner", columns, rows).ids == ids
    specification: dict[str, Any] = {"parent_id": {}, "child_ids": {"fields": {"name": {}, "type": {}}}}
    made = {v["id"]: v for v in lab.client.web_read("res.partner", ids, specification)}
    assert [(c["name"], c["type"]) for c in made[ids[0]]["child_ids"]] == [("child", "delivery")]
    assert made[ids[1]]["parent_id"] == lab.customer


def test_a_missing_right_refuses_the_rows(lab: Lab, limited: Callable[[], OdooClient]) -> None:
    with pytest.raises(Rejected) as caught:
        limited().load("res.partner", ["id", "name"], [[lab.external("partner"), "x"]])
    assert caught.value.code == "access"
    assert "res.partner" in caught.value.message


def test_update_writes_a_value_of_its_own_to_each_record(lab: Lab) -> None:
    rows = [[lab.external("partner"), lab.new("partner")] for _ in range(2)]
    ids = lab.client.load("res.partner", ["id", "name"], rows).ids
    result = lab.client.update("res.partner", [".id", "ref"], [[ids[0], "one"], [ids[1], "two"]])
    assert result.ids == ids
    assert [v["ref"] for v in lab.client.web_read("res.partner", ids, {"ref": {}})] == ["one", "two"]


def test_updating_a_record_that_is_gone_is_refused(lab: Lab) -> None:
    with pytest.raises(RowRefused):
        lab.client.update("res.partner", [".id", "ref"], [[lab.customer, "kept"], [2_000_000_000, "x"]])
    assert lab.client.web_read("res.partner", [lab.customer], {"ref": {}})[0]["ref"] != "kept"


def test_several_database_ids_in_one_cell(lab: Lab) -> None:
    names = [[lab.external("tag"), lab.new("tag")] for _ in range(2)]
    tags = lab.client.load("crm.tag", ["id", "name"], names).ids
    columns = ["id", "partner_id/.id", "tag_ids/.id"]
    tagged: list[Cell] = [lab.external("order"), lab.customer, ids_cell(tags)]
    untagged: list[Cell] = [lab.external("order"), lab.customer, ""]
    rows = [tagged, untagged]
    first, second = lab.client.load("sale.order", columns, rows).ids
    assert sorted(lab.read_order(first)["tag_ids"]) == sorted(tags)
    assert lab.read_order(second)["tag_ids"] == []


def test_an_archived_record_is_updated_only_by_who_asks_for_archived_ones(lab: Lab) -> None:
    (partner,) = lab.client.load(
        "res.partner", ["id", "name", "active"], [[lab.external("partner"), lab.new("partner"), False]]
    ).ids
    with pytest.raises(RowRefused, match="Unknown database identifier"):
        lab.client.update("res.partner", [".id", "active"], [[partner, True]])
    lab.client.update("res.partner", [".id", "active"], [[partner, True]], context={"active_test": False})
    (read,) = lab.client.search_read("res.partner", [("id", "=", partner)], ["active"])
    assert read["active"] is True
