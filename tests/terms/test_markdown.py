"""Whatever somebody writes into terms, the page shows words: nothing of it runs, loads, covers or leads astray."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms.markdown import ATTRIBUTES, SCHEMES, TAGS, as_html

ATTACKS = (Path(__file__).parent / "attacks.txt").read_text(encoding="utf-8").splitlines()
AROUND = ("{}", "Before {} after", "> {}", "- {}", "# {}", "**{}**", "|a|\n|-|\n|{}|", "{}\n\n{}")


class Strict(HTMLParser):
    """Reads HTML and complains about everything that is not on the list."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name == "rel" and tag == "a":
                continue
            if name not in ATTRIBUTES.get(tag, set()):
                self.wrong.append(f"{tag} {name}={value}")
            if name == "href" and urlsplit(value or "").scheme not in SCHEMES:
                self.wrong.append(f"href={value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"<![{data}]>")


def what_is_wrong_with(html: str) -> list[str]:
    reader = Strict()
    reader.feed(html)
    reader.close()
    return reader.wrong


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_an_attack_survives(attack: str) -> None:
    for around in AROUND:
        # One attack a line: ⏎ stands for a line's end in the text.
        assert what_is_wrong_with(as_html(around.replace("{}", attack.replace("⏎", "\n")))) == []


def test_the_corpus_is_no_thin_one() -> None:
    assert len(set(ATTACKS)) == len(ATTACKS) > 200


def test_the_reader_of_this_test_sees_attacks() -> None:
    assert what_is_wrong_with('<p onclick="x">') == ["p onclick=x"]
    assert what_is_wrong_with('<a href="javascript:x">') == ["href=javascript:x"]
    assert what_is_wrong_with("<script>") == ["<script>"]


@given(st.text(max_size=300))
def test_whatever_is_written_is_harmless_and_never_an_error(source: str) -> None:
    assert what_is_wrong_with(as_html(source)) == []


def test_what_people_write_is_shown() -> None:
    html = as_html(
        "# Heading\n\nA **strong** word, [a link](https://contoso.example), a list:\n\n1. one\n2. two\n"
    )
    assert '<h3 dir="auto">Heading</h3>' in html
    assert "<strong>strong</strong>" in html
    assert '<a href="https://contoso.example" rel="noopener noreferrer nofollow">a link</a>' in html
    assert html.count("<li") == 2


def test_headings_leave_no_level_out() -> None:
    """Whoever jumps from heading to heading would look for what is missing."""
    html = as_html("## A\n\n#### B\n\n### C\n\n# D\n\n### E\n\n#### F\n\n##### G\n\n###### H\n")
    assert re.findall(r'<(h\d) dir="auto">(\w)</\1>', html) == [
        ("h3", "A"), ("h4", "B"), ("h4", "C"), ("h3", "D"), ("h4", "E"), ("h5", "F"), ("h6", "G"), ("h6", "H"),
    ]  # fmt: skip


def test_words_of_every_direction_find_their_own() -> None:
    assert as_html("שלום").startswith('<p dir="auto">')
