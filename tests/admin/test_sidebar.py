"""The sidebar marks where one is: one entry, and the nearest."""

from __future__ import annotations

from django.urls import reverse

from tests.cast import CastTestCase, load_reference_catalog


class Sidebar(CastTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        load_reference_catalog()

    def marked(self, path: str) -> list[str]:
        response = self.client.get(path)
        groups = response.context["sidebar_navigation"]
        return [item["link"] for group in groups for item in group["items"] if item["active"]]

    def test_marks_one_entry(self) -> None:
        self.client.force_login(self.officer)
        consents = reverse("admin:consents_consent_changelist")
        glance = reverse("admin:consents_consent_glance")
        for path, entry in (
            (reverse("admin:index"), reverse("admin:index")),
            (consents, consents),
            (glance, glance),
            (reverse("admin:consents_consent_add"), consents),
            (reverse("admin:password_change"), None),
        ):
            assert self.marked(path) == ([entry] if entry else [])
