"""What is never collected cannot get into a catalog, unless somebody says why, on the record."""

import pytest
from django.core.exceptions import ValidationError

from audit.models import AuditEvent
from catalog.kinds import REFERENCE_FILE
from catalog.models import Catalog, Element
from catalog.never import NeverRule, matches, unanswered, words_of
from catalog.services import add_entry, amend_entry
from tenants.access import Shell
from tests.catalog.documents import element, load, problems_of, small, written

OVERRIDE = {"rule": "never.photos", "reason": "The depot asks for a picture of the damage."}


def rule(*phrases: str, scope: str = "") -> NeverRule:
    return NeverRule("never.it", "It", tuple(frozenset(phrase.split()) for phrase in phrases), scope)


class TestMatching:
    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("Photos", "photo"),
            ("Photos", "photos"),
            ("CallLog", "log"),
            ("CallLog", "calllog"),
            ("SMSBody", "sms"),
            ("device.photo_roll", "roll"),
            ("GRÖSSE", "grösse"),
        ],
    )
    def test_words(self, text: str, word: str) -> None:
        assert word.casefold() in words_of(text)

    @pytest.mark.parametrize(
        ("text", "word"), [("Contact", "contacts"), ("gas", "ga"), ("Photograph", "photo")]
    )
    def test_no_words(self, text: str, word: str) -> None:
        assert word not in words_of(text)

    @pytest.mark.parametrize("field", ["name", "code", "example"])
    def test_name_code_and_example_count(self, field: str) -> None:
        item = {**element("own.x", "Something"), "example": "", field: "own.camera_roll"}
        assert matches(item, [rule("camera roll")])

    def test_all_words_of_a_phrase_in_any_order(self) -> None:
        item = {**element("own.x", "Roll of the camera"), "example": ""}
        assert matches(item, [rule("camera roll")])
        assert not matches(item, [rule("camera film")])
        assert matches(item, [rule("film", "camera")])

    def test_only_in_scope(self) -> None:
        item = {**element("own.x", "Camera"), "example": ""}
        assert matches(item, [rule("camera", scope="ow")])
        assert not matches(item, [rule("camera", scope="opt")])

    def test_rules_do_not_match_each_other(self) -> None:
        item = {**element("own.x", "Camera", collection="never"), "example": ""}
        assert not matches(item, [rule("camera")])

    def test_each_rule_wants_its_own_answer(self) -> None:
        item = {**element("own.x", "Camera roll"), "example": ""}
        rules = [NeverRule("a", "A", (frozenset({"camera"}),)), NeverRule("b", "B", (frozenset({"roll"}),))]
        assert len(unanswered({**item, "override": None}, rules)) == 2
        (left,) = unanswered({**item, "override": {"rule": "a", "reason": "x"}}, rules)
        assert left.rule.code == "b"
        assert not unanswered({**item, "override": {"rule": "a b", "reason": "x"}}, rules)


@pytest.mark.django_db
class TestInAFile:
    def test_a_rule_of_the_reference_holds_for_every_catalog(self) -> None:
        document = small()
        document["elements"].append(element("device.damage", "Photo of the damage"))
        (problem,) = problems_of(written(document))
        assert problem.code == "never_collected"
        assert "never.photos" in problem.detail

    def test_so_does_one_of_the_file_itself(self) -> None:
        document = small()
        document["categories"].append({"code": "never", "name": "Never", "collection": "never"})
        document["elements"] += [
            element("never.keys", "Keystrokes", collection="never", never_phrases=[["keystroke"]]),
            element("device.keys", "Keystrokes an hour"),
        ]
        (problem,) = problems_of(written(document))
        assert "never.keys" in problem.detail

    def test_a_rule_of_another_catalog_does_not(self) -> None:
        document = small()
        document["catalog"]["code"] = "other"
        document["categories"].append({"code": "never", "name": "Never", "collection": "never"})
        document["elements"].append(
            element("never.keys", "Keystrokes", collection="never", never_phrases=[["keystroke"]])
        )
        load(document)
        mine = small()
        mine["elements"].append(element("device.keys", "Keystrokes an hour"))
        assert problems_of(written(mine)) == []

    def test_the_reference_cannot_drop_a_rule_and_collect_in_one_step(self) -> None:
        import json

        document = json.loads(REFERENCE_FILE.read_bytes())
        kept = [e for e in document["elements"] if e["code"] != "never.photos"]
        document["elements"] = [*kept, element("device.roll", "Photos")]
        assert [p.code for p in problems_of(written(document))] == ["never_collected"]

    def test_the_wrong_rule_is_no_override(self) -> None:
        document = small()
        override = {"rule": "never.contacts", "reason": "A mistake"}
        document["elements"].append(element("device.damage", "Photo of the damage", override=override))
        assert [p.code for p in problems_of(written(document))] == ["never_collected"]

    def test_an_override_is_kept_and_recorded(self) -> None:
        document = small()
        document["elements"].append(element("device.damage", "Photo of the damage", override=OVERRIDE))
        report = load(document)
        damage = Element.objects.get(catalog__code="fleet", code="device.damage")
        assert (damage.override_rule, damage.override_reason) == (OVERRIDE["rule"], OVERRIDE["reason"])
        event = AuditEvent.objects.of_platform().get(activity="catalog.never_rule_overridden")
        assert event.resource_id == str(damage.pk)
        assert event.resource_name == "Photo of the damage"
        assert event.details == {
            **OVERRIDE, "element": "device.damage", "catalog": "fleet", "edition": report.edition.number,
        }  # fmt: skip

    def test_it_is_recorded_once_and_again_when_the_reason_changes(self) -> None:
        document = small()
        document["elements"].append(element("device.damage", "Photo of the damage", override=OVERRIDE))
        load(document)
        document["elements"][0]["note"] = "Something else changes."
        load(document)
        overrides = AuditEvent.objects.of_platform().filter(activity="catalog.never_rule_overridden")
        assert overrides.count() == 1
        document["elements"][-1]["override"] = {**OVERRIDE, "reason": "The insurance asks, too."}
        load(document)
        assert overrides.count() == 2


@pytest.mark.django_db
class TestByHand:
    @pytest.fixture
    def fleet(self) -> Catalog:
        load(small())
        return Catalog.objects.get(code="fleet")

    def test_is_refused(self, fleet: Catalog) -> None:
        values = element("device.damage", "Photo of the damage")
        with pytest.raises(ValidationError, match=r"never\.photos"):
            add_entry(catalog=fleet, kind="elements", values=values, by=Shell(), reason="Wanted.")
        assert not Element.objects.filter(code="device.damage").exists()

    def test_is_added_with_an_override_on_the_record(self, fleet: Catalog) -> None:
        values = element("device.damage", "Photo of the damage")
        entry = add_entry(
            catalog=fleet, kind="elements", values=values, by=Shell(), reason="Wanted.", override=OVERRIDE
        )
        assert Element.objects.get(pk=entry.pk).override_reason == OVERRIDE["reason"]
        event = AuditEvent.objects.of_platform().get(activity="catalog.never_rule_overridden")
        assert event.attribution.reason == "Wanted."

    def test_cannot_be_amended_into(self, fleet: Catalog) -> None:
        entry = add_entry(
            catalog=fleet, kind="elements", values=element("device.damage", "Damage"), by=Shell(), reason="Wanted."
        )  # fmt: skip
        with pytest.raises(ValidationError, match=r"never\.photos"):
            amend_entry(entry=entry, values={"example": "a photo"}, by=Shell(), reason="More.")
        amended = amend_entry(
            entry=entry, values={"example": "a photo"}, by=Shell(), reason="More.", override=OVERRIDE
        )
        assert amended.changed_in_id != entry.changed_in_id

    def test_a_new_rule_does_not_slip_in_beside_what_it_forbids(self, fleet: Catalog) -> None:
        never = {"code": "never", "name": "Never", "collection": "never"}
        add_entry(catalog=fleet, kind="categories", values=never, by=Shell(), reason="Rules.")
        values = element("never.serial", "Serials", collection="never", never_phrases=[["serial"]])
        with pytest.raises(ValidationError, match=r"device\.serial"):
            add_entry(catalog=fleet, kind="elements", values=values, by=Shell(), reason="Rules.")
