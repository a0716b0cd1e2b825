"""What products share and Odoo knows by name: attributes and their values, categories, tags. Made once, remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from libs.common.domain.digests import digest
from libs.common.odoo.cells import Cell
from libs.common.odoo.external_ids import external_id
from services.workers.context import StoreContext
from services.workers.products.model import Changes

ATTRIBUTE, VALUE = "product.attribute", "product.attribute.value"
CATEGORY, TAG = "product.category", "product.tag"
#: A category that every Odoo has: for products without a type, where a category must be.
ANY = ""


def ensure_attributes(store: StoreContext, options: Iterable[str]) -> dict[str, int]:
    """Their ids by name. They are Tandem's own: their variants are made one by one, never all that are possible."""
    keys = {name: external_id(store.module, f"attribute_{digest(name)[:16]}") for name in sorted(set(options))}
    missing = [name for name, key in keys.items() if key not in store.made]
    if missing:
        rows = [[keys[name], name, "dynamic"] for name in missing]
        made = store.odoo.load(ATTRIBUTE, ["id", "name", "create_variant"], rows).ids
        store.made.update(zip((keys[name] for name in missing), made, strict=True))
    return {name: store.made[key] for name, key in keys.items()}


def ensure_values(store: StoreContext, wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Ids of the values by attribute id and name; those that a person has made are found."""
    keys = {one: f"value:{one[0]}:{one[1]}" for one in sorted(set(wanted))}
    missing = [one for one, key in keys.items() if key not in store.made]
    if missing:
        domain = [
            ("attribute_id", "in", sorted({a for a, _ in missing})),
            ("name", "in", sorted({n for _, n in missing})),
        ]
        for row in store.odoo.search_read(VALUE, domain, ["name", "attribute_id"]):
            store.made[f"value:{row['attribute_id'][0]}:{row['name']}"] = row["id"]
        missing = [one for one in missing if keys[one] not in store.made]
    if missing:
        rows: list[list[Cell]] = [[external_id(store.module, f"value_{a}_{digest(n)[:16]}"), n, a] for a, n in missing]
        made = store.odoo.load(VALUE, ["id", "name", "attribute_id/.id"], rows).ids
        store.made.update(zip((keys[one] for one in missing), made, strict=True))
    return {one: store.made[key] for one, key in keys.items()}


def ensure_named(store: StoreContext, model: str, names: Iterable[str]) -> dict[str, int]:
    """Ids of categories or tags by name, the oldest where several have it; missing ones are made."""
    wanted = sorted(set(names))
    missing = [name for name in wanted if f"{model}:{name}" not in store.made]
    if missing:
        for row in reversed(store.odoo.search_read(model, [("name", "in", missing)], ["name"])):
            store.made[f"{model}:{row['name']}"] = row["id"]
        missing = [name for name in missing if f"{model}:{name}" not in store.made]
    if missing:
        kind = "category" if model == CATEGORY else "product_tag"
        rows = [[external_id(store.module, f"{kind}_{digest(name)[:16]}"), name] for name in missing]
        made = store.odoo.load(model, ["id", "name"], rows).ids
        store.made.update(zip((f"{model}:{name}" for name in missing), made, strict=True))
    return {name: store.made[f"{model}:{name}"] for name in wanted}


def any_category(store: StoreContext) -> int | None:
    """The oldest one, where this Odoo lets no product be without; else None."""
    if not store.odoo_fields.category_required:
        return None
    key = f"{CATEGORY}:"
    if key not in store.made:
        found = store.odoo.search_read(CATEGORY, [], ["name"], limit=1)
        if found:
            store.made[key] = found[0]["id"]
    return store.made.get(key)


def names_of(changes: Sequence[Changes]) -> tuple[set[str], set[str]]:
    """The categories and tags that these products need."""
    categories = {one.category for one in changes if one.category}
    return categories, {tag for one in changes for tag in one.tags or ()}
