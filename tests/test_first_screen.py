"""The first screen answers each role's own question, in a constant number of queries, and for its tenants only."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Service
from consents.models import Consent
from consents.services import request_consent
from elections.services import begin_storage, elect_collection, set_election_policy
from tenants.access import Shell
from tenants.models import Membership
from tenants.roles import Role
from terms.services import create_policy
from tests.browser.people import at_work, contoso_with_consents
from tests.cast import CastTestCase
from tests.terms.stories import colleague, decided, published
from tests.work import waiting


class FirstScreen(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        contoso_with_consents(cls)

    def see(self, person: Any, path: str = "/admin/") -> str:
        self.client.force_login(person)
        response = self.client.get(path)
        assert response.status_code == 200, response
        return response.content.decode()

    def test_the_officer_sees_what_waits_and_until_when(self) -> None:
        page = self.see(self.officer)
        assert "<strong>4 matters</strong> need you" in page
        assert "Apple Push Notification service ends" in page
        assert "in 21 days" in page
        assert "Token “nightly export” expires" in page
        assert "Decide on Managed Google Play" in page
        assert page.index("Token “nightly export”") < page.index("Apple Push Notification service ends")

    def test_what_waits_is_grouped_the_late_first_and_leads_to_the_rest(self) -> None:
        waiting.credential(self.contoso, self.admin, waiting.days(-1))
        for person in (self.officer, self.admin, self.operator):
            panel = self.see(person).split('id="panel-tasks"')[1].split("</section>")[0]
            titles = ["Late", "In the next seven days", "Later", "Waiting without a date"]
            assert [title for title in titles if f"<h3>{title}</h3>" in panel] == titles
            assert panel.index("has expired") < panel.index("nightly export") < panel.index("Decide on")
            assert 'href="/admin/work/calendarfeed/worklist/"' in panel

    def test_what_does_not_fit_is_counted(self) -> None:
        for _ in range(10):
            waiting.drift(self.contoso, self.admin)
        assert "4 others" in self.see(self.officer)

    def test_officer_and_admin_see_how_far_the_terms_have_come(self) -> None:
        theirs = create_policy(tenant=self.fabrikam, name="Their phones", by=self.operator)
        ours = create_policy(tenant=self.contoso, name="Company phones", by=self.operator)
        for policy in (ours, theirs):
            published(policy, self.operator)
        decided(colleague(self.contoso), ours)
        colleague(self.contoso)
        for person in (self.officer, self.admin):
            panel = self.see(person).split('id="panel-terms"')[1].split("</section>")[0]
            assert "Company phones" in panel
            assert "1 of 2" in panel
            assert "Their phones" not in panel
        assert 'id="panel-terms"' not in self.see(self.auditor)

    def test_granting_and_withdrawing_take_three_clicks_at_most(self) -> None:
        """A matter, its button, and the button of the form; to withdraw not even that."""
        page = self.see(self.officer)
        requested = Consent.objects.for_tenant(self.contoso).get(status="requested")
        in_force = Consent.objects.for_tenant(self.contoso).get(status="granted")
        assert f'href="/admin/consents/consent/{requested.pk}/change/"' in page
        assert f"/admin/consents/consent/{requested.pk}/grant/" in self.see(
            self.officer, f"/admin/consents/consent/{requested.pk}/change/"
        )
        withdraw = f"/admin/consents/consent/{in_force.pk}/withdraw/"
        assert withdraw in page
        assert withdraw in self.see(self.admin)
        assert withdraw not in self.see(self.auditor)
        self.client.force_login(self.officer)
        assert self.client.post(withdraw, {"reason": "over"}).status_code == 302
        assert Consent.objects.for_tenant(self.contoso).get(pk=in_force.pk).status == "withdrawn"

    def test_the_admin_sees_what_is_switched_on_and_covered(self) -> None:
        page = self.see(self.admin)
        assert "<strong>1 service is</strong> switched on, and all that flows is covered" in page
        assert "On, all covered" in page
        assert "Request a consent" in page

    def test_a_flow_that_came_after_the_consent_is_not_covered(self) -> None:
        waiting.more_flows_than_agreed("apns")
        page = self.see(self.admin)
        assert "1 flow without consent" in page
        assert "nobody consented to" in page

    def test_the_auditor_sees_the_trail_and_can_search_it(self) -> None:
        page = self.see(self.auditor)
        assert "Checked with the works council." in page
        assert "Consent granted: Apple Push Notification service" in page
        assert 'action="/admin/audit/auditevent/"' in page
        assert "Request a consent" not in page

    def test_the_operator_sees_the_platform(self) -> None:
        page = self.see(self.operator)
        assert "Active tenants" in page
        assert "Is it well?" in page
        assert "Catalog editions" in page

    def test_the_operator_sees_a_tenant_after_choosing_it(self) -> None:
        self.client.force_login(self.operator)
        self.client.post("/admin/tenant/", {"tenant": "fabrikam"})
        page = self.client.get("/admin/").content.decode()
        assert "Nothing waits at Fabrikam." in page
        assert "contoso.example" not in page

    def test_nothing_of_another_tenant(self) -> None:
        page = self.see(self.fabrikam_officer)
        assert "contoso" not in page.lower()
        assert "Nothing needs you today." in page
        assert "No consent is in force" in page

    def test_somebody_with_two_tenants_can_choose(self) -> None:
        Membership.objects.for_tenant(self.fabrikam).create(
            tenant=self.fabrikam, user=self.auditor, role=Role.AUDITOR
        )
        assert '<option value="fabrikam" >Fabrikam</option>' in self.see(self.auditor)
        self.client.post("/admin/tenant/", {"tenant": "fabrikam"})
        page = self.client.get("/admin/").content.decode()
        assert '<option value="fabrikam" selected>Fabrikam</option>' in page
        assert "works council" not in page

    def test_where_data_is_stored_and_which_features_are_on(self) -> None:
        with at_work(self.operator, self.contoso):
            begin_storage(tenant=self.contoso, by=Shell())
            set_election_policy(tenant=self.contoso, four_eyes=True, by=Shell())
        with at_work(self.admin, self.contoso):
            elect_collection(
                tenant=self.contoso, features={"device_query": True}, by=self.admin, reason="Support."
            )
        electing = f"/admin/elections/storageelection/add/?tenant={self.contoso.pk}"
        for person, may_elect in ((self.officer, True), (self.admin, True), (self.auditor, False)):
            panel = self.see(person).split('id="panel-elections"')[1].split("</section>")[0]
            for words in ("Stored in Europe", "0 of 5 optional features on", "Device query on"):
                assert words in panel, person
            assert (electing in panel) == may_elect, person
        assert "Where data is stored is not recorded" in self.see(self.fabrikam_admin)

    def test_the_number_of_queries_does_not_grow(self) -> None:
        for person in (self.officer, self.admin, self.auditor, self.operator):
            before = self._queries(person)
            with at_work(self.admin, self.contoso):
                for name in "abcde":
                    vpp = Service.objects.current().get(code="vpp")
                    request_consent(
                        tenant=self.contoso, service=vpp, connection=f"{name}{person.pk}", by=self.admin
                    )
            assert self._queries(person) == before <= 47

    def _queries(self, person: Any) -> int:
        self.client.force_login(person)
        with CaptureQueriesContext(connection) as captured:
            self.client.get("/admin/")
        return len(captured)

    def test_an_empty_console_says_what_to_do(self) -> None:
        page = self.see(self.fabrikam_admin)
        assert "No service is switched on: nothing may flow to a third party that needs consent." in page

    def test_dates_are_machine_readable_too(self) -> None:
        assert f'datetime="{timezone.now():%Y-%m-%d}T' in self.see(self.auditor)


class Sidebar(CastTestCase):
    def test_only_an_operator_is_offered_the_platform(self) -> None:
        for person, offered in ((self.operator, True), (self.admin, False), (self.auditor, False)):
            self.client.force_login(person)
            page = self.client.get("/admin/").content.decode()
            assert ('href="/admin/tenants/user/"' in page.split('id="main"')[0]) is offered

    def test_the_search_over_everything_is_closed(self) -> None:
        self.client.force_login(self.operator)
        assert self.client.get("/admin/search/?s=contoso").status_code == 404

    def test_the_root_leads_to_the_first_screen(self) -> None:
        self.assertRedirects(self.client.get("/"), "/admin/", fetch_redirect_response=False)
