"""What holds for every list of items: pages, refusals, and nothing of another tenant."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone

from tests.api.suite import ListSuite


class ItemsSuite(ListSuite):
    """A list of items is filtered by parameters of its own."""

    key = "key"
    good: ClassVar[dict[str, Any]]
    bad: ClassVar[dict[str, Any]]

    def test_filters_refuse_what_they_cannot_use_and_take_the_rest(self) -> None:
        for name, value in self.good.items():
            assert self.reader.get(self.path, {name: value}).status_code == 200, name
        for name, value in self.bad.items():
            for wrong in (value, "x\0", "x" * 301):
                self.assert_problem(self.reader.get(self.path, {name: wrong}), 400, f"?{name}")

    def test_there_is_no_past_of_it(self) -> None:
        answer = self.reader.get(self.path, {"as_of": timezone.now().isoformat()})
        self.assert_problem(answer, 400, "?as_of", "unknown")

    def test_cursors_made_by_hand_are_refused(self) -> None:
        for cursor in ("0", "2abc", "0abc", "1W10", "0WzEsIngiLCJ4IiwxLDFd", "x" * 5000):
            self.assert_problem(
                self.reader.get(self.path, {"cursor": cursor}), 400, "?cursor", "invalid_cursor"
            )

    def test_another_tenant_is_like_a_missing_one(self) -> None:
        self.assert_problem(self.neighbour.get(self.path), 404)
        self.assert_problem(self.reader.get(self.path.replace("contoso", "nobody")), 404)
        self.make(3)
        theirs = self.neighbour.get(self.path.replace("contoso", "fabrikam")).json()["results"]
        assert theirs == []

    def keys(self, **query: Any) -> list[str]:
        answer = self.reader.get(self.path, query)
        assert answer.status_code == 200, answer.content
        return [row["key"] for row in answer.json()["results"]]
