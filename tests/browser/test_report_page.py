# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report's page in a real browser: nothing in it acts, nothing is fetched, and it can be read anywhere."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from conftest import TEXTS, Make
from playwright.sync_api import Browser, Page

ELEMENTS = set(
    "html head meta title style body header h1 p main nav ul li a dl div dt dd small section h2 h3 figure figcaption svg desc "
    "rect text table caption thead tbody tr th td bdi span pre code footer".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class id href role scope data-label aria-label aria-labelledby viewBox x y rx width "
    "height text-anchor".split()
)


class Opened:
    """A page that was opened, and all that it said and asked for."""

    def __init__(self, browser: Browser, path: Path, **how: object) -> None:
        self.context = browser.new_context(**how)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("networkidle")

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.fixture
def opened(browser: Browser):
    pages: list[Opened] = []

    def opened(path: Path, **how: object) -> Opened:
        pages.append(Opened(browser, path, **how))
        return pages[-1]

    yield opened
    for one in pages:
        one.context.close()


def test_nothing_that_an_attacker_wrote_acts(report: Make, opened):
    path = report(TEXTS)
    one = opened(path)
    assert one.asked == [path.as_uri()]
    assert one.said == []
    assert one.page.evaluate("window.marked") is None
    assert one.page.evaluate("document.scripts.length") == 0


def test_no_element_and_no_attribute_is_in_the_page_that_is_not_ours(report: Make, opened):
    one = opened(report(TEXTS))
    found = one.page.evaluate(
        "[...document.querySelectorAll('*')].map(e => [e.localName, e.getAttributeNames(), e.getAttribute('href')])"
    )
    assert {name for name, _attributes, _href in found} <= ELEMENTS
    assert {attribute for _name, attributes, _href in found for attribute in attributes} <= ATTRIBUTES
    assert all(href is None or href.startswith("#") for _name, _attributes, href in found)
    count = Counter(name for name, _attributes, _href in found)
    assert [count[name] for name in ("h1", "style", "title", "main", "footer")] == [1, 1, 1 + count["svg"], 1, 1]


def test_what_an_attacker_wrote_is_read(report: Make, opened):
    text = "<script>window.marked = 1</script> \u202egnp.exe\x1b[2J"
    one = opened(report([text]))
    assert "<script>window.marked = 1</script> \\u202egnp.exe\\x1b[2J" in one.page.inner_text("#handled")


def test_calls_that_failed_are_told(report: Make, opened):
    one = opened(report(["nmap"] * 3))
    assert one.page.locator("#failed-calls tbody tr").count() == 3


def test_the_policy_of_the_page_forbids_a_script_that_comes_in_all_the_same(report: Make, opened, tmp_path: Path):
    path = report(["nmap"])
    forged = tmp_path / "forged.html"
    script = "<script>window.marked = 1</script><img src=x onerror='window.marked = 1'><style>h1 {color: red}</style>"
    forged.write_text(path.read_text(encoding="utf-8").replace("<main>", f"<main>{script}"), encoding="utf-8")
    one = opened(forged)
    assert one.page.evaluate("window.marked") is None and len(one.said) >= 3
    policy = one.page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy is not None and policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert one.page.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_style_sheet_holds(report: Make, opened, scheme: str):
    """A page whose style is not that of its policy would be bare."""
    one = opened(report(["nmap"]), color_scheme=scheme)
    colors = one.page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    light, dark = (sum(map(int, color[4:-1].split(","))) for color in colors)
    assert (light - dark > 450) if scheme == "light" else (dark - light > 450)


@pytest.mark.parametrize("texts", [TEXTS, [], ["A" * 300], ["nmap"] * 30], ids=["hostile", "none", "long", "plain"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_is_wider_than_its_window(report: Make, opened, texts: list[str], width: int):
    assert opened(report(texts), viewport={"width": width, "height": 800}).overflow() <= 0


def test_on_a_phone_each_row_is_a_card_with_its_headings(report: Make, opened):
    one = opened(report(["nmap"] * 3), viewport={"width": 360, "height": 800})
    cells = one.page.locator("#handled tbody tr:first-child td")
    tops = [cells.nth(place).bounding_box()["y"] for place in range(cells.count())]
    assert tops == sorted(set(tops))
    label = one.page.evaluate("getComputedStyle(document.querySelector('#handled td'), '::before').content")
    assert label == '"Alert"'


def test_it_can_be_printed(report: Make, opened):
    one = opened(report(["nmap"] * 60))
    pdf = one.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") > 1
    one.page.emulate_media(media="print", color_scheme="dark")
    assert one.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert one.page.evaluate("getComputedStyle(document.querySelector('tbody tr')).breakInside") == "avoid"
    assert one.page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"


def test_who_does_not_see_it_hears_it(report: Make, opened):
    one = opened(report(["nmap"] * 30), viewport={"width": 360, "height": 800})
    page = one.page
    assert page.get_by_role("table").count() == page.locator("table").count() > 0
    assert page.locator("table:not(:has(caption))").count() == 0
    pictures = page.get_by_role("img").all()
    assert len(pictures) == 3
    for picture in pictures:
        title, described = picture.get_attribute("aria-labelledby").split()
        assert page.locator(f"#{title}").text_content() and page.locator(f"#{described}").text_content()
    assert page.evaluate("document.documentElement.lang") == "en"
    headings = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(e => Number(e.localName[1]))")
    assert headings[0] == 1 and all(after - before <= 1 for before, after in itertools.pairwise(headings))


def test_five_thousand_alerts_stay_a_page_that_opens(report: Make, opened):
    path = report(["nmap -sn 10.0.2.0/24"] * 5000)
    assert path.stat().st_size < 2_000_000
    one = opened(path)
    assert one.page.locator("#handled tbody tr").count() == 100
    assert f"{path.stem}.csv" in one.page.inner_text("#handled")
