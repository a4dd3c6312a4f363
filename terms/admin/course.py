"""How acceptance went over time: bars one beside the other, and the table of the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats

from tenants.models import Group
from tenants.pages.moments import moment_of
from tenants.pages.parts import Table
from terms.course import Course, Point, course_of
from terms.models import TermsPolicy
from terms.standing import Standing

GROUPS_OFFERED = 500
WIDTH, HEIGHT, GAP = 600, 160, 0.15
TONES = {
    Standing.ACCEPTED_LATEST: "good",
    Standing.ACCEPTED_OLDER: "info",
    Standing.DECLINED: "bad",
    Standing.OUTSTANDING: "warn",
}
"""From the ground up."""
HEADINGS = ("Until", "Version", *(standing.label for standing in TONES), "Share of the latest")


@dataclass(frozen=True)
class Block:
    """A part of a bar: so many employees of one standing."""

    tone: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """A point in time. said: the same in words."""

    x: float
    width: float
    blocks: Sequence[Block]
    said: str


@dataclass(frozen=True)
class Chart:
    """The course as bars, each as high as all employees together."""

    bars: Sequence[Bar]
    said: str
    first: Any
    last: Any

    width, height = WIDTH, HEIGHT
    key = tuple((tone, standing.label) for standing, tone in TONES.items())


def chart_of(course: Course) -> Chart | None:
    """None where there is nothing to draw."""
    points = course.points
    if not points or not points[-1].numbers.asked:
        return None
    step = WIDTH / len(points)
    bars = [_bar(point, at * step, step) for at, point in enumerate(points)]
    first, last = points[0], points[-1]
    said = f"From {_day(first)} to {_day(last)}: {_share(first)}, then {_share(last)} accepted the latest version."
    return Chart(bars, said, first.day, last.day)


def _bar(point: Point, x: float, step: float) -> Bar:
    blocks, y = [], float(HEIGHT)
    for standing, tone in TONES.items():
        height = HEIGHT * getattr(point.numbers, standing.value) / point.numbers.asked
        y -= height
        if height:
            blocks.append(Block(tone, y, height))
    return Bar(x + step * GAP / 2, step * (1 - GAP), blocks, f"{_day(point)}: {_share(point)}")


def _share(point: Point) -> str:
    return f"{point.numbers.accepted_latest:,} of {point.numbers.asked:,}"


def _day(point: Point) -> str:
    return formats.date_format(point.day, "j M Y")


def _table(course: Course) -> Table:
    """The newest first."""
    rows = [
        [
            point.day,
            point.version or "nothing asked",
            *(getattr(point.numbers, standing.value) for standing in TONES),
            f"{point.numbers.percent:.1f} %" if point.version else None,
        ]
        for point in reversed(course.points)
    ]
    return Table(HEADINGS, rows, "No version has been in force yet.")


def course_view(page: Any, request: HttpRequest, policy: TermsPolicy) -> HttpResponse:
    """The course until now or `?as_of=`, of everybody or of `?group=`."""
    moment = moment_of(request)
    groups = list(Group.objects.for_tenant(policy.tenant_id)[:GROUPS_OFFERED])
    asked = request.GET.get("group", "")
    group = next((each for each in groups if str(each.pk) == asked), None)
    course = course_of(policy, moment.asked, group)
    context = page.context(
        request,
        policy,
        title=f"Over time: {policy}",
        moment=moment,
        groups=groups,
        group=group,
        step=course.step.label.lower(),
        chart=chart_of(course),
        table=_table(course),
        numbers=HEADINGS[2:],
    )
    return TemplateResponse(request, "admin/terms/course.html", context, status=moment.status)
