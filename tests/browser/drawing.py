"""What tests of pages with charts share."""


def draw_charts(page) -> None:
    """Goes down the page, for charts are drawn when they come near the screen."""
    charts = page.locator("figure.chart")
    for number in range(charts.count()):
        charts.nth(number).scroll_into_view_if_needed()
    page.wait_for_function("!document.querySelector('figure.chart:not([data-drawn])')")
