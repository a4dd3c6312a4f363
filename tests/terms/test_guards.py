"""What the database itself refuses about terms, whoever writes and however: each rule, in its own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from audit.refusals import refusal_of
from terms import services
from terms.models import Acceptance, Reminder, TermsPolicy, TermsRevision, TermsText, TermsVersion
from terms.models.acceptance import RECORDED
from terms.models.reminder import RECORDED as REMINDED
from terms.services.policies import create_policy
from tests.audit.test_every_way_of_writing import REMOVALS, change_by_bulk_update, change_raw, insert_raw, sql
from tests.audit.trail import recording
from tests.cast import Cast
from tests.terms.stories import WORDS, colleague, decided, published

pytestmark = pytest.mark.django_db
every_way = pytest.mark.parametrize("way", [change_raw, change_by_bulk_update])


def refused(write: Callable[[], object]) -> str:
    """The name of the rule that refuses the write; nothing is left of it."""
    with recording() as trail, pytest.raises(IntegrityError) as told, transaction.atomic():
        _written(write)
    assert (trail.events, trail.records) == ([], [])
    refusal = refusal_of(told.value)
    return refusal.code if refusal else str(told.value)


def _written(write: Callable[[], object]) -> None:
    write()
    connection.check_constraints()


def another(row: Any, name: str) -> Any:
    """A value that the column does not have."""
    field: Any = next(f for f in row._meta.concrete_fields if f.attname == name)
    now = getattr(row, name)
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.UUIDField):
        return "0" * 32
    return (now or 0) + 7 if isinstance(field, (models.IntegerField, models.ForeignKey)) else "another"


@pytest.fixture
def accepted(cast: Cast) -> Acceptance:
    policy = create_policy(tenant=cast.contoso, name="Phones", by=cast.officer)
    published(policy, cast.officer)
    return decided(colleague(cast.contoso), policy)


def rows_of(accepted: Acceptance) -> tuple[Any, ...]:
    return accepted.policy, accepted.version, accepted.revision, accepted.text, accepted


@every_way
def test_nothing_of_an_acceptance_changes(way: Callable[..., None], accepted: Acceptance) -> None:
    for name in RECORDED:
        row = Acceptance.objects.for_tenant(accepted.tenant).get()
        rule = refused(lambda row=row, name=name: way(row, name, another(row, name)))  # type: ignore[misc]
        assert rule.startswith("acceptance"), (name, rule)


@pytest.mark.parametrize(("model", "recorded"), [(Acceptance, RECORDED), (Reminder, REMINDED)])
def test_every_column_of_a_record_is_guarded(model: Any, recorded: tuple[str, ...]) -> None:
    columns = {field.attname for field in model._meta.concrete_fields}
    assert columns - set(recorded) == {"id", "tenant_id"}


@every_way
def test_published_words_never_change(way: Callable[..., None], accepted: Acceptance) -> None:
    for name in (*WORDS, "language", "sha256", "status"):
        text = TermsText.objects.for_tenant(accepted.tenant).get()
        value = "draft" if name == "status" else another(text, name)
        rule = refused(lambda: way(text, name, value))  # noqa: B023
        assert rule == "terms_text_is_frozen", name


@every_way
@pytest.mark.parametrize(
    ("model", "rule", "names"),
    [
        (
            TermsRevision,
            "terms_revision",
            ("note", "number", "published_at", "published_by", "drafted_by_id"),
        ),
        (TermsVersion, "terms_version", ("number", "effective_from", "grace_days", "expires_at")),
    ],
)
def test_neither_does_what_was_published_with_them(
    model: Any, rule: str, names: tuple[str, ...], way: Callable[..., None], accepted: Acceptance
) -> None:
    for name in names:
        row = model.objects.for_tenant(accepted.tenant).get()
        assert refused(lambda: way(row, name, another(row, name))) == f"{rule}_is_frozen", name  # noqa: B023
    row = model.objects.for_tenant(accepted.tenant).get()
    assert refused(lambda: way(row, "status", "draft")) == f"{rule}_is_published_once"


@pytest.mark.parametrize("way", REMOVALS)
def test_everything_is_kept(way: Callable[..., None], accepted: Acceptance) -> None:
    for row in rows_of(accepted):
        with recording() as trail, pytest.raises(IntegrityError), transaction.atomic():
            way(row)
        assert trail.events == []
    assert refused(lambda: REMOVALS[2](accepted)).startswith("acceptance")
    assert refused(lambda: REMOVALS[2](accepted.text)) == "terms_text_is_kept"


def test_no_language_joins_what_was_published(accepted: Acceptance) -> None:
    text = TermsText(tenant=accepted.tenant, revision=accepted.revision, language="de", **WORDS)
    assert refused(lambda: insert_raw(text)) == "terms_text_joins_a_draft"
    assert refused(text.save) == "terms_text_joins_a_draft"


def test_a_text_does_not_move_from_a_draft_into_what_was_published(accepted: Acceptance, cast: Cast) -> None:
    draft = services.draft_revision(version=accepted.version, note="More", by=cast.officer)
    services.write_text(revision=draft, language="de", by=cast.officer, **WORDS)
    text = TermsText.objects.for_tenant(cast.contoso).get(revision=draft, language="de")
    rule = refused(lambda: change_raw(text, "revision_id", accepted.revision_id))
    assert rule == "terms_text_stays_where_it_is"


def test_an_acceptance_is_there_once_for_each_round(accepted: Acceptance) -> None:
    again = Acceptance.objects.for_tenant(accepted.tenant).get()
    again.pk, again.receipt_id = None, "0" * 32
    again._state.adding = True
    assert refused(lambda: insert_raw(again)) == "one_acceptance_each_round"
    again.round, again.signature = 2, ""
    assert refused(lambda: insert_raw(again)) == "portal_acceptance_names_its_words"


def test_one_draft_at_a_time(accepted: Acceptance, cast: Cast) -> None:
    services.draft_version(policy=accepted.policy, by=cast.officer)
    second = TermsVersion(tenant=cast.contoso, policy=accepted.policy, number=9)
    assert refused(lambda: insert_raw(second)) == "one_version_is_drafted"


def test_a_policy_of_another_tenant_is_not_accepted(accepted: Acceptance, cast: Cast) -> None:
    theirs = Acceptance.objects.for_tenant(accepted.tenant).get()
    theirs.pk, theirs.receipt_id, theirs.round = None, "1" * 32, 5
    theirs.employee = colleague(cast.fabrikam)
    with pytest.raises(IntegrityError, match="rows of its own tenant"), transaction.atomic():
        insert_raw(theirs)


def test_a_policy_is_not_unretired_by_any_deed(accepted: Acceptance, cast: Cast) -> None:
    services.retire_policy(policy=accepted.policy, by=cast.officer, reason="Old")
    rows = TermsPolicy.objects.for_tenant(cast.contoso)
    assert (
        refused(lambda: sql("UPDATE terms_termspolicy SET retired_at = NULL")) == "terms_policy_retires_once"
    )
    assert refused(lambda: rows.update(name="x")) == "terms_policy_retires_once"
