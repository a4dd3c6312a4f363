"""Signing in by the company's identity provider: there, and back again."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.models import IdentityProvider
from portal.openid import attempt as attempts
from portal.openid.attempt import Attempt
from portal.providers import NotSignedIn, leave_for_provider, provider_in_use, sign_in_by_provider
from portal.services import PROVIDER, note_sign_in
from portal.views.entry import EntryPage


class ProviderPage(EntryPage):
    http_method_names = ["get"]

    def provider(self) -> IdentityProvider:
        """Raises Http404 where the tenant has none that is on."""
        found = provider_in_use(self.tenant)
        if found is None:
            raise Http404
        return found

    def back(self) -> str:
        """The address that the provider leads back to, to the letter as it is registered there."""
        return self.home() + self.address("provider-back")

    def failed(self, failure: NotSignedIn) -> HttpResponse:
        return redirect(f"{self.address('sign-in')}?problem={failure.told}")


class Leave(ProviderPage):
    """A link, not a form: a form may not lead to another site here, and nothing is changed by it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.employee is not None:
            return self.to("home")
        provider = self.provider()
        attempt = Attempt.begin(provider.issuer)
        try:
            response = redirect(
                leave_for_provider(provider, attempt, back=self.back(), language=self.language)
            )
        except NotSignedIn as failure:
            note_sign_in(self.tenant, None, PROVIDER, why=failure.why)
            return self.failed(failure)
        attempt.keep(response, self.tenant)
        return response


class ComeBack(ProviderPage):
    """Where the provider leads back to. What it says stands in the address, which is left at once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            employee = sign_in_by_provider(
                provider=self.provider(),
                attempt=Attempt.of(request, self.tenant),
                answer=request.GET.dict(),
                back=self.back(),
            )
            response = self.let_in(employee)
        except NotSignedIn as failure:
            response = self.failed(failure)
        attempts.forget(response, self.tenant)
        return response
