"""What tests of pages with charts share."""

from playwright.sync_api import expect


def draw_charts(page) -> None:
    """Goes down the page, for charts are drawn when they come near the screen."""
    charts = page.locator("figure.chart")
    for number in range(charts.count()):
        charts.nth(number).scroll_into_view_if_needed()
    # Not by a function, which the pages would have to evaluate: they allow no such thing.
    expect(page.locator("figure.chart:not([data-drawn])")).to_have_count(0)
