"""The life of a consent: requested, decided, in force, renewed, ended, and what has to be done afterwards."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Flow, Service
from consents.jobs import expire_consents
from consents.models import Consent, ConsentPolicy, CoveredFlow, EndingStep
from consents.services import (
    assign_step,
    complete_step,
    decline_consent,
    grant_consent,
    request_consent,
    set_consent_policy,
    withdraw_consent,
)
from privacy_console.errors import Refused
from tenants.access import Shell
from tenants.models import Tenant
from tenants.services import change_tenant, create_token
from tests.cast import Cast
from tests.consents import lives
from work.jobs import Running

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REASON = "The works council agreed"


def of(cast: Cast, consent: Consent) -> Consent:
    found: Consent = Consent.objects.for_tenant(cast.contoso).get(pk=consent.pk)
    return found


def in_force(cast: Cast, at: datetime) -> list[Consent]:
    return list(Consent.objects.for_tenant(cast.contoso).in_force(at))


def renewal(cast: Cast, old: Consent, **period: Any) -> Consent:
    asked = lives.requested(cast.contoso, cast.admin, renews=old)
    return grant_consent(consent=asked, by=cast.officer, reason="Renewed", **period)


class TestPeriods:
    def test_from_now_on_without_an_end(self, cast: Cast) -> None:
        consent = lives.granted(cast.contoso, cast.admin)
        assert consent.is_in_force()
        assert (consent.is_yet_to_begin, consent.is_past_dated, consent.ends_at) == (False, False, None)

    def test_in_the_future(self, cast: Cast) -> None:
        start = timezone.now() + 10 * DAY
        consent = lives.granted(cast.contoso, cast.admin, effective_from=start, effective_until=start + DAY)
        assert consent.is_yet_to_begin
        assert not consent.is_in_force()
        assert [bool(in_force(cast, at)) for at in (start - DAY, start, start + DAY)] == [False, True, False]

    def test_in_the_past_with_the_reason_why(self, cast: Cast) -> None:
        start = timezone.now() - 40 * DAY
        consent = lives.granted(cast.contoso, cast.admin, effective_from=start)
        assert consent.is_past_dated
        assert consent.grant_reason == REASON
        assert in_force(cast, start) == [consent]
        # Two clocks: nobody knew it then.
        known = Consent.history.for_tenant(cast.contoso).known_at(start + DAY)
        assert not known.exists()

    def test_over_before_it_is_recorded(self, cast: Cast) -> None:
        start = timezone.now() - 40 * DAY
        consent = lives.granted(cast.contoso, cast.admin, effective_from=start, effective_until=start + DAY)
        assert consent.state == Consent.State.EXPIRED
        assert in_force(cast, start) == [consent]

    def test_never_before_the_tenant_existed(self, cast: Cast) -> None:
        asked = lives.requested(cast.contoso, cast.admin)
        for start in (
            cast.contoso.exists_since - timedelta(seconds=1),
            datetime.min.replace(tzinfo=timezone.get_current_timezone()),
        ):
            with pytest.raises(ValidationError, match="exists since") as told:
                grant_consent(consent=asked, by=cast.admin, reason=REASON, effective_from=start)
            assert "effective_from" in told.value.message_dict
        grant_consent(consent=asked, by=cast.admin, reason=REASON, effective_from=cast.contoso.exists_since)

    @pytest.mark.parametrize("seconds", [0, 1, 10**6])
    def test_never_backwards(self, seconds: int, cast: Cast) -> None:
        asked, now = lives.requested(cast.contoso, cast.admin), timezone.now()
        with pytest.raises(ValidationError, match="must end after it starts"):
            grant_consent(
                consent=asked,
                by=cast.admin,
                reason=REASON,
                effective_from=now,
                effective_until=now - timedelta(seconds=seconds),
            )
        assert of(cast, asked).state == Consent.State.REQUESTED
        assert not CoveredFlow.objects.for_tenant(cast.contoso).exists()

    def test_a_contract_ends_after_it_was_signed(self, cast: Cast) -> None:
        day = date(2026, 1, 1)
        with pytest.raises(ValidationError, match="ends after it was signed"):
            lives.requested(cast.contoso, cast.admin, contract_signed_on=day, contract_ends_on=day)


class TestWhatIsFrozen:
    @pytest.mark.parametrize(
        "text", ["Grüße\r\nund mehr\r", " 日本語 \n", "a\u0308 and \u00e4", "\ufeffx\u2028y"]
    )
    def test_the_hash_is_that_of_the_exact_bytes(self, text: str, cast: Cast) -> None:
        consent = of(cast, lives.requested(cast.contoso, cast.admin, terms_text=text))
        assert consent.terms_text == text
        assert consent.terms_sha256 == hashlib.sha256(text.encode()).hexdigest()

    def test_no_text_no_hash(self, cast: Cast) -> None:
        assert lives.requested(cast.contoso, cast.admin, terms_text="").terms_sha256 == ""

    def test_who_when_from_where_in_which_role(self, cast: Cast) -> None:
        consent = of(cast, lives.granted(cast.contoso, cast.officer))
        assert consent.granted_by == cast.officer.username
        assert (consent.granted_role, consent.granted_origin) == ("privacy_officer", "admin")
        assert consent.granted_address == "192.0.2.7"

    def test_the_flows_with_their_records_and_the_edition(self, cast: Cast) -> None:
        consent = lives.granted(cast.contoso, cast.officer)
        assert consent.edition == consent.service.catalog.latest_edition
        covered = CoveredFlow.objects.for_tenant(cast.contoso).filter(consent=consent)
        current = Flow.objects.current().filter(service=consent.service)
        assert {c.flow_id for c in covered} == {flow.pk for flow in current}
        for each in covered:
            record = Flow.history.get(history_id=each.flow_record)
            told = (each.flow_id, each.code, each.name, each.direction, each.personal)
            assert told == (record.id, record.code, record.name, record.direction, record.personal)


class TestRenewal:
    def test_now_ends_the_old_one_where_the_new_one_begins(self, cast: Cast) -> None:
        old = lives.granted(cast.contoso, cast.admin, effective_from=timezone.now() - DAY)
        new = renewal(cast, old)
        old = of(cast, old)
        assert old.ends_at == new.effective_from
        assert old.effective_until is None, "what was agreed stays as it was"
        assert new.supersedes == old
        assert (old.state, new.state) == ("expired", "granted")
        assert new.effective_from is not None
        assert old.state_at(new.effective_from - timedelta(seconds=1)) == "granted"

    def test_for_later_leaves_exactly_one_at_every_instant(self, cast: Cast) -> None:
        now = timezone.now()
        old = lives.granted(cast.contoso, cast.admin, effective_from=now - 30 * DAY)
        new = renewal(cast, old, effective_from=now + 30 * DAY)
        old = of(cast, old)
        assert (old.state, new.state, new.is_yet_to_begin) == ("granted", "granted", True)
        for days in range(-29, 60):
            expected = old if days < 30 else new
            assert in_force(cast, now + days * DAY) == [expected], days
        assert in_force(cast, now + 30 * DAY) == [new]
        activities = AuditEvent.objects.about(old).values_list("activity", flat=True)
        assert "consent.superseded" in activities

    def test_declined_then_requested_again(self, cast: Cast) -> None:
        old = lives.granted(cast.contoso, cast.admin)
        asked = lives.requested(cast.contoso, cast.admin, renews=old)
        decline_consent(consent=asked, by=cast.officer, reason="The contract is not signed")
        assert of(cast, old).is_in_force(), "a renewal that was declined ends nothing"
        assert renewal(cast, of(cast, old)).is_in_force()

    def test_after_the_old_one_expired(self, cast: Cast) -> None:
        start = timezone.now() - 40 * DAY
        old = lives.granted(cast.contoso, cast.admin, effective_from=start, effective_until=start + DAY)
        new = renewal(cast, old)
        assert of(cast, old).ends_at == start + DAY
        assert in_force(cast, timezone.now()) == [new]

    def test_not_of_what_is_withdrawn_waits_or_is_about_something_else(self, cast: Cast) -> None:
        withdrawn = lives.withdrawn(cast.contoso, cast.admin)
        with pytest.raises(Refused, match="granted or expired"):
            lives.requested(cast.contoso, cast.admin, renews=withdrawn)
        other = lives.granted(cast.contoso, cast.admin, "apns")
        foreign = lives.granted(cast.fabrikam, cast.fabrikam_admin)
        for old in (other, foreign):
            with pytest.raises(ValidationError, match="same service and connection"):
                lives.requested(cast.contoso, cast.admin, renews=old)

    def test_a_second_one_beside_the_first_is_refused(self, cast: Cast) -> None:
        old = lives.granted(cast.contoso, cast.admin)
        asked = lives.requested(cast.contoso, cast.admin)
        with pytest.raises(Refused, match="holds in that period already") as told:
            grant_consent(consent=asked, by=cast.admin, reason=REASON)
        assert told.value.code == "one_consent_in_force"
        assert of(cast, old).is_in_force()


class TestWithdrawal:
    def test_ends_at_once_and_opens_the_checklist(self, cast: Cast) -> None:
        consent = lives.withdrawn(cast.contoso, cast.admin)
        assert not consent.is_in_force()
        assert consent.ends_at == consent.withdrawn_at
        counted = Consent.objects.for_tenant(cast.contoso).with_open_steps().get()
        assert counted.steps_open == 2
        codes = EndingStep.objects.for_tenant(cast.contoso).values_list("code", flat=True)
        assert list(codes) == ["disable_at_intune", "delete_apple_account"]

    def test_takes_the_waiting_successor_with_it(self, cast: Cast) -> None:
        old = lives.granted(cast.contoso, cast.admin)
        new = renewal(cast, old, effective_from=timezone.now() + 30 * DAY)
        withdraw_consent(consent=of(cast, old), by=cast.admin, reason="Enough")
        assert [of(cast, each).state for each in (old, new)] == ["withdrawn", "withdrawn"]
        assert in_force(cast, timezone.now() + 40 * DAY) == []
        steps = EndingStep.objects.for_tenant(cast.contoso)
        assert {step.consent_id for step in steps} == {old.pk}

    def test_of_the_successor_alone_leaves_the_old_one_until_its_end(self, cast: Cast) -> None:
        old = lives.granted(cast.contoso, cast.admin)
        new = renewal(cast, old, effective_from=timezone.now() + 30 * DAY)
        withdraw_consent(consent=new, by=cast.admin, reason="Not renewed after all")
        assert in_force(cast, timezone.now()) == [old]
        assert in_force(cast, timezone.now() + 31 * DAY) == []
        assert not EndingStep.objects.for_tenant(cast.contoso).exists(), "the sharing goes on for now"

    def test_twice_is_refused(self, cast: Cast) -> None:
        consent = lives.withdrawn(cast.contoso, cast.admin)
        with pytest.raises(Refused, match="Only a granted consent") as told:
            withdraw_consent(consent=consent, by=cast.admin, reason="Again")
        assert told.value.code == "not_granted"
        assert EndingStep.objects.for_tenant(cast.contoso).count() == 2

    def test_of_another_tenants_is_not_allowed(self, cast: Cast) -> None:
        consent = lives.granted(cast.contoso, cast.admin)
        with pytest.raises(PermissionDenied):
            withdraw_consent(consent=consent, by=cast.fabrikam_admin, reason="No")

    def test_makes_room_for_another(self, cast: Cast) -> None:
        lives.withdrawn(cast.contoso, cast.admin)
        assert lives.granted(cast.contoso, cast.admin).is_in_force()


class TestExpiry:
    def test_by_date_first_and_by_the_job_then(self, cast: Cast) -> None:
        start = timezone.now() - 40 * DAY
        consent = lives.granted(cast.contoso, cast.admin, effective_from=start, effective_until=start + DAY)
        other = lives.granted(cast.contoso, cast.admin, "apns")
        assert (consent.status, consent.state) == ("granted", "expired")
        assert expire_consents(Running("consents.expire")) == "Called 1 consents expired."
        assert [of(cast, each).status for each in (consent, other)] == ["expired", "granted"]
        assert expire_consents(Running("consents.expire")) == "No consent has ended."
        event = AuditEvent.objects.about(consent).latest("pk")
        assert event.activity == "consent.expired"


class TestPolicy:
    def four_eyes(self, cast: Cast) -> None:
        set_consent_policy(tenant=cast.contoso, by=cast.officer, four_eyes=True)

    def test_whoever_requests_does_not_grant(self, cast: Cast) -> None:
        self.four_eyes(cast)
        asked = lives.requested(cast.contoso, cast.admin)
        with pytest.raises(Refused, match="somebody else decides") as told:
            grant_consent(consent=asked, by=cast.admin, reason=REASON)
        assert told.value.code == "four_eyes"
        assert grant_consent(consent=asked, by=cast.officer, reason=REASON).is_in_force()

    def test_nor_by_a_token_of_theirs(self, cast: Cast) -> None:
        self.four_eyes(cast)
        token, _ = create_token(tenant=cast.contoso, name="sync", role="tenant_admin", by=cast.admin)
        asked = lives.requested(cast.contoso, cast.admin)
        with pytest.raises(Refused, match="somebody else"):
            grant_consent(consent=asked, by=token, reason=REASON)
        decline_consent(consent=asked, by=token, reason="Saying no needs no second person")
        asked = lives.requested(cast.contoso, token)
        with pytest.raises(Refused, match="somebody else"):
            grant_consent(consent=asked, by=cast.admin, reason=REASON)

    def test_nor_twice_at_the_shell(self, cast: Cast) -> None:
        self.four_eyes(cast)
        asked = lives.requested(cast.contoso, Shell())
        with pytest.raises(Refused, match="somebody else"):
            grant_consent(consent=asked, by=Shell(), reason=REASON)

    def test_it_is_the_tenants_own(self, cast: Cast) -> None:
        self.four_eyes(cast)
        assert lives.granted(cast.fabrikam, cast.fabrikam_admin).is_in_force()
        assert not ConsentPolicy.of(cast.fabrikam).four_eyes

    def test_tokens_that_nobody_is_known_to_have_made_are_one_person(self, cast: Cast) -> None:
        self.four_eyes(cast)
        first, second = (
            create_token(tenant=cast.contoso, name=name, role="tenant_admin", by=Shell())[0]
            for name in ("one", "two")
        )
        consent = lives.requested(cast.contoso, first)
        for same in (second, Shell()):
            with pytest.raises(Refused, match="somebody else decides"):
                grant_consent(consent=consent, by=same, reason=REASON)

    def test_a_transfer_needs_its_safeguard_where_asked_for(self, cast: Cast) -> None:
        set_consent_policy(tenant=cast.contoso, by=cast.officer, safeguard_required=True)
        bare = lives.requested(cast.contoso, cast.admin, safeguard="", safeguard_reference="")
        with pytest.raises(Refused, match="names no transfer safeguard") as told:
            grant_consent(consent=bare, by=cast.officer, reason=REASON)
        assert told.value.code == "safeguard_missing"
        decline_consent(consent=bare, by=cast.officer, reason="No safeguard")
        assert lives.granted(cast.contoso, cast.admin).is_in_force()

    def test_changes_are_officers_and_stay_where_not_named(self, cast: Cast) -> None:
        self.four_eyes(cast)
        changed = set_consent_policy(tenant=cast.contoso, by=cast.officer, reminder_days=[7, 30, 7])
        assert (changed.four_eyes, changed.reminder_days) == (True, [30, 7])
        with pytest.raises(PermissionDenied):
            set_consent_policy(tenant=cast.contoso, by=cast.admin, four_eyes=False)
        wrong: Any
        for wrong in ([0], [731], ["7"], list(range(1, 12))):
            with pytest.raises(ValidationError):
                set_consent_policy(tenant=cast.contoso, by=cast.officer, reminder_days=wrong)
        assert ConsentPolicy.objects.for_tenant(cast.contoso).count() == 1


class TestSteps:
    def step(self, cast: Cast) -> EndingStep:
        lives.withdrawn(cast.contoso, cast.admin)
        found: EndingStep = EndingStep.objects.for_tenant(cast.contoso).earliest("position")
        return found

    def test_assigned_and_done(self, cast: Cast) -> None:
        step = self.step(cast)
        assigned = assign_step(step=step, by=cast.admin, owner=cast.officer)
        assert assigned.owner == cast.officer
        done = complete_step(step=step, by=cast.officer, proof="Case 4711")
        assert (done.status, done.proof, done.done_by) == ("done", "Case 4711", cast.officer.username)
        counted = Consent.objects.for_tenant(cast.contoso).with_open_steps().get()
        assert counted.steps_open == 1
        activities = AuditEvent.objects.about(step).values_list("activity", flat=True)
        assert list(activities) == ["endingstep.done", "endingstep.assigned", "endingstep.created"]

    def test_it_stays_with_the_tenant(self, cast: Cast) -> None:
        step = self.step(cast)
        for stranger in (cast.fabrikam_officer, cast.employee):
            with pytest.raises(ValidationError, match="no member"):
                assign_step(step=step, by=cast.admin, owner=stranger)
        for outsider in (cast.fabrikam_admin, cast.auditor, cast.employee):
            with pytest.raises(PermissionDenied):
                complete_step(step=step, by=outsider, proof="Done")

    def test_putting_it_off_takes_a_reason(self, cast: Cast) -> None:
        step = self.step(cast)
        with pytest.raises(ValidationError, match="Say why"):
            assign_step(step=step, by=cast.admin, due_on=step.due_on + DAY)
        assign_step(step=step, by=cast.admin, due_on=step.due_on - DAY)
        later = assign_step(step=step, by=cast.admin, due_on=step.due_on + DAY, reason="Apple is slow")
        assert later.due_on == step.due_on + DAY

    def test_done_once_with_a_proof(self, cast: Cast) -> None:
        step = self.step(cast)
        with pytest.raises(ValidationError, match="what proves"):
            complete_step(step=step, by=cast.admin, proof=" \n")
        complete_step(step=step, by=cast.admin, proof="Case 4711")
        with pytest.raises(Refused, match="is done, and its proof stays"):
            complete_step(step=step, by=cast.admin, proof="Another")
        with pytest.raises(Refused, match="is done, and its proof stays"):
            assign_step(step=step, by=cast.admin, owner=cast.officer)

    def test_in_a_closing_tenant_too(self, cast: Cast) -> None:
        step = self.step(cast)
        change_tenant(tenant=cast.contoso, by=cast.operator, status=Tenant.Status.CLOSING)
        assert complete_step(step=step, by=cast.admin, proof="Case 4711").status == "done"


class TestWhereNothingNewBegins:
    @pytest.mark.parametrize("status", ["closing", "closed"])
    def test_a_tenant_that_winds_down(self, status: str, cast: Cast) -> None:
        held, asked = (
            lives.granted(cast.contoso, cast.admin, "apns"),
            lives.requested(cast.contoso, cast.admin),
        )
        change_tenant(tenant=cast.contoso, by=cast.operator, status=status)
        asked = of(cast, asked)
        with pytest.raises(Refused, match=status):
            grant_consent(consent=asked, by=cast.admin, reason=REASON)
        with pytest.raises(Refused, match=status):
            request_consent(tenant=asked.tenant, service=Service.objects.get(code="asm_dep"), by=cast.admin)
        assert withdraw_consent(consent=of(cast, held), by=cast.admin, reason="Enough").state == "withdrawn"


@pytest.mark.parametrize("name", ["two\nlines", "bell\a", "\u202eturned"])
def test_a_connection_has_a_name_that_can_be_read(name: str, cast: Cast) -> None:
    with pytest.raises(ValidationError, match="one line"):
        lives.requested(cast.contoso, cast.admin, connection=name)
