"""A real Chromium against a really running server, and a record of everything that a page complains about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from tenants.models import User

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing outside is reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1.min.js"
# A busy machine is slow to answer, not wrong: what is waited for has as long as a page has.
expect.set_options(timeout=30_000)


@contextmanager
def arriving(page: Page) -> Iterator[None]:
    """What is done inside leads to another page; afterwards that page is there. A click alone does not wait for it."""
    with page.expect_navigation():
        yield
    wait_for_theme(page)


def wait_for_theme(page: Page) -> None:
    """The theme hides the page until its script has taken hold of it."""
    page.wait_for_selector("html:not([x-cloak])")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, where Django would refuse to talk to the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visitor:
    """Somebody at a browser. `complaints` is what a page did that no page may do."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address = context, address
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        # Listened to, not let through one by one: that would switch the browser's cache off.
        context.on("request", self._look_at)
        self.page: Page = context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self._complain(f"error: {error}"))
        self.page.on("response", self._check)

    def _complain(self, words: str) -> None:
        if not any(part in words for part in self.expected):
            self.complaints.append(f"{self.page.url}: {words}")

    def _look_at(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self._complain(f"asks {request.url}")

    def _listen(self, message: Any) -> None:
        # Violations of the policy arrive here too, as errors.
        if message.type in ("error", "warning"):
            self._complain(f"{message.type}: {message.text}")

    def _check(self, response: Any) -> None:
        # A page without its policy would violate nothing.
        document = response.request.resource_type == "document" and response.status < 300
        policy = response.headers.get("content-security-policy", "")
        is_strict = "script-src 'self';" in f"{policy};" or "default-src 'none';" in f"{policy};"
        if document and not is_strict:
            self._complain(f"has no strict policy: {policy!r}")

    def sign_in(self, person: User) -> Visitor:
        """Bring a session along, as somebody does who signed in earlier."""
        client = Client()
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address}])
        return self

    def type_in(self, person: User, password: str) -> Visitor:
        """Sign in at the form."""
        self.open("/admin/login/")
        self.page.get_by_label("User name").fill(person.username)
        self.page.get_by_label("Password").first.fill(password)
        self.follow(self.page.get_by_role("button", name="Sign in"))
        assert self.page.url == f"{self.address}/admin/"
        return self

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        wait_for_theme(self.page)
        return self.page

    def follow(self, target: Locator) -> None:
        """Click what leads to another page, and wait for that page."""
        with arriving(self.page):
            target.first.click()

    def sidebar(self) -> list[str]:
        """Every address that the sidebar offers, beside the first screen."""
        links = self.page.locator("#nav-sidebar-apps a")
        return [str(link.get_attribute("href")) for link in links.all()][1:]

    def is_scrolled_sideways(self) -> bool:
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        return wide

    def shoot(self, name: str) -> None:
        """Keep a picture for people, where the environment's SCREENSHOTS names a folder. No test depends on one."""
        if not (named := os.environ.get("SCREENSHOTS")):
            return
        folder = Path(named)
        folder.mkdir(parents=True, exist_ok=True)
        # Without the animations a very long page cannot be caught between two frames; sometimes not even so.
        with suppress(Error):
            self.page.screenshot(path=folder / f"{name}.png", animations="disabled")

    def barriers(self, *impacts: str) -> list[str]:
        """What axe-core finds critical or serious (or of the impacts given) on the page as it stands."""
        # As the browser's own tools do it: the page's policy does not hold for it.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        # What WCAG 2.2 adds is looked for where everything is.
        rules = {"target-size": {"enabled": bool(impacts)}}
        found = self.page.evaluate(
            "rules => axe.run(document, {resultTypes: ['violations'], rules: rules})", rules
        )
        return [
            f"{self.page.url}: {rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
            for rule in found["violations"]
            if rule["impact"] in (impacts or ("critical", "serious"))
            for node in rule["nodes"]
        ]


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Any:
    """`with visit() as visitor:` opens a browser of its own; afterwards, no page may have complained."""

    @contextmanager
    def visiting(size: ViewportSize = DESKTOP, *, dark: bool = False) -> Iterator[Visitor]:
        context = chromium.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        visitor = Visitor(context, live_server.url)
        try:
            yield visitor
            assert visitor.complaints == []
        finally:
            context.close()

    return visiting
