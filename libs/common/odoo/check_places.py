"""Whether the places that a store's locations show are apart from one another, and take what is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.common.domain.rules_inventory import WHOLE_PERCENT, InventoryRules, LocationRules
from libs.common.errors import Failure
from libs.common.odoo.check import CheckLine
from libs.common.odoo.client import OdooClient

PLACE, WAREHOUSE = "stock.location", "stock.warehouse"
KEY = "rules.inventory.locations"
#: Archived ones count: what is in them is shown all the same.
ALL = {"active_test": False}

Paths = Mapping[int, frozenset[int]]
"""Each place with itself and all that it is inside of."""


def check_places(client: OdooClient, rules: InventoryRules) -> list[CheckLine]:
    """A line for each thing that is wrong, or one that all is well. Never raises a Failure.

    A warehouse is a place as well: the rules alone cannot tell that one location shows a place inside of another's.
    """
    try:
        roots = _roots(client, rules.locations)
        wanted = {place for some in roots.values() for place in some}
        if rules.first_import:
            wanted |= {one.import_place for one in rules.locations if one.import_place}
        paths = _paths(client, wanted)
    except Failure as error:
        return [CheckLine(KEY, False, error.message, error.hint or "see the message")]
    lines = _shown_twice(rules, roots, paths)
    if rules.first_import:
        lines += [line for one in rules.locations if (line := _import_line(one, roots[one.location], paths))]
    return lines or [CheckLine(KEY, True, "no place is shown twice")]


def _shown_twice(rules: InventoryRules, roots: Mapping[str, set[int]], paths: Paths) -> list[CheckLine]:
    to_do = (
        f"show each place at one location, or let their shares come to {WHOLE_PERCENT} at most; then store add again"
    )
    lines = {}
    for place, path in paths.items():
        showing = [one for one in rules.locations if roots[one.location] & path]
        share = sum(one.share for one in showing)
        if share > WHOLE_PERCENT:
            names = " and ".join(one.location for one in showing)
            detail = f"what is in {PLACE} {place} is shown at {names}, {share} % of it in all: units would sell twice"
            lines[names] = CheckLine(KEY, False, detail, to_do)
    return list(lines.values())


def _import_line(one: LocationRules, roots: set[int], paths: Paths) -> CheckLine | None:
    place = one.import_place or 0
    if roots & paths.get(place, frozenset()):
        return None
    detail = f"{PLACE} {place} is in nothing that {one.location} shows: what is imported would not be shown"
    return CheckLine(f"{KEY}.{one.location}.import_place", False, detail, "name a place inside of what is shown")


def _roots(client: OdooClient, locations: Sequence[LocationRules]) -> dict[str, set[int]]:
    """By location, the places whose stock, and that of all inside of them, it shows."""
    ids = sorted({warehouse for one in locations for warehouse in one.warehouses})
    rows = client.search_read(WAREHOUSE, [("id", "in", ids)], ["view_location_id"], context=ALL) if ids else []
    views = {row["id"]: int(row["view_location_id"][0]) for row in rows}
    return {
        one.location: {*one.places, *(views[warehouse] for warehouse in one.warehouses if warehouse in views)}
        for one in locations
    }


def _paths(client: OdooClient, places: set[int]) -> Paths:
    """One call for each storey; what is missing is told by `check_named`."""
    parents: dict[int, int] = {}
    todo = set(places)
    while todo:
        rows = client.search_read(PLACE, [("id", "in", sorted(todo))], ["location_id"], context=ALL)
        parents |= {row["id"]: int(row["location_id"][0]) if row["location_id"] else 0 for row in rows}
        todo = {parent for parent in parents.values() if parent and parent not in parents} - todo
    return {place: _path(place, parents) for place in places}


def _path(place: int, parents: Mapping[int, int]) -> frozenset[int]:
    path = [place]
    while (parent := parents.get(path[-1], 0)) and parent not in path:
        path.append(parent)
    return frozenset(path)
