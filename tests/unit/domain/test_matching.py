import pytest

from libs.common.domain.matching import (
    Ambiguous,
    PartnerFact,
    ProductFact,
    archived_twin,
    email_forms,
    match_partner,
    match_product,
    normalise_email,
    normalise_phone,
)

JANE = PartnerFact(7, "Jane", "jane@example.com")
HER_OFFICE = PartnerFact(3, "Office", "jane@example.com", parent_id=2)
MUG = ProductFact(1, "Mug", "MUG-1", "400")
CUP = ProductFact(2, "Cup", "CUP-1", "401")


def test_an_email_is_compared_without_case_and_spaces() -> None:
    assert normalise_email("  Jane@Example.COM ") == "jane@example.com"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Jane Doe <Jane@Example.com>", "jane@example.com"),
        ('"Doe, Jane" <jane@example.com>', "jane@example.com"),
        ("jane+shop@example.com", "jane+shop@example.com"),
        ("ｊane@example.com", "jane@example.com"),
        ("no address", "no address"),
        ("<>", "<>"),
    ],
)
def test_an_email_is_read_as_odoo_reads_it(written: str, read: str) -> None:
    assert normalise_email(written) == read


@pytest.mark.parametrize("email", ["Jane@Bücher.example", "jane@xn--bcher-kva.example"])
@pytest.mark.parametrize("known", ["jane@bücher.example", "jane@xn--bcher-kva.example"])
def test_an_international_domain_is_the_same_in_letters_and_as_machines_write_it(email: str, known: str) -> None:
    partner = PartnerFact(7, "Jane", known)
    assert match_partner([partner], linked_id=None, email=email) is partner
    assert email_forms("") == email_forms(" ") == frozenset()
    assert email_forms("jane@example.com") == {"jane@example.com"}
    assert email_forms("no address") == {"no address"}
    assert email_forms("jane@..") == {"jane@.."}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+1 (555) 01-00", "+15550100"),
        ("+49 (0)30 / 1234-5", "+493012345"),
        ("+39 06 1234", "+39061234"),
        ("０３０ 1234", ""),
        ("030 1234", ""),
        ("0049 30 1234", ""),
        ("+1 555 0100 ext. 5", ""),
        ("+49 30 1234567 / +49 30 7654321", ""),
        ("+49 30 12345678 30 12345678", ""),
        ("+", ""),
    ],
)
def test_a_phone_number_is_one_with_its_country_and_nothing_else(written: str, read: str) -> None:
    assert normalise_phone(written) == read


def test_a_link_goes_before_an_email() -> None:
    linked = PartnerFact(9, "Linked", "other@example.com")
    assert match_partner([JANE, linked], linked_id=9, email="jane@example.com") is linked


def test_a_link_to_a_contact_that_is_gone_gives_way_to_the_email() -> None:
    assert match_partner([JANE], linked_id=99, email="JANE@example.com") is JANE


def test_a_contact_of_its_own_goes_before_an_address_of_another() -> None:
    assert match_partner([HER_OFFICE, JANE], linked_id=None, email="jane@example.com") is JANE


def test_an_archived_contact_is_matched_only_by_its_link() -> None:
    archived = PartnerFact(7, "Jane", "jane@example.com", active=False)
    assert match_partner([archived], linked_id=None, email="jane@example.com") is None
    assert match_partner([archived], linked_id=7, email="") is archived


def test_nobody_is_matched_by_an_empty_email() -> None:
    assert match_partner([PartnerFact(1, "No mail")], linked_id=None, email=" ") is None


def test_link_then_barcode_then_sku() -> None:
    assert match_product([MUG, CUP], linked_id=2, barcode="400", sku="MUG-1") is CUP
    assert match_product([MUG, CUP], linked_id=None, barcode="401", sku="MUG-1") is CUP
    assert match_product([MUG, CUP], linked_id=None, barcode="999", sku=" MUG-1 ") is MUG


def test_two_products_of_one_sku_are_a_question() -> None:
    twin = ProductFact(3, "Mug again", "MUG-1")
    assert match_product([MUG, twin], linked_id=None, barcode="", sku="MUG-1") == Ambiguous("SKU", "MUG-1", (MUG, twin))


def test_a_product_without_codes_matches_nothing() -> None:
    assert match_product([ProductFact(1, "Bare")], linked_id=None, barcode="", sku="") is None


def test_an_archived_product_is_no_match_but_is_found_as_a_twin() -> None:
    archived = ProductFact(5, "Old mug", "MUG-1", active=False)
    assert match_product([archived], linked_id=None, barcode="", sku="MUG-1") is None
    assert archived_twin([archived, CUP], barcode="", sku="MUG-1") is archived
    assert archived_twin([CUP], barcode="", sku="") is None
