"""A window of a series as a small drawing."""

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT, EDGE = 320, 120, 4
# A line of more points is no finer on a screen.
MAX_HISTORY = 160

Values = Sequence[float | None]


def draw_series(history: Values, future: Values, forecast: Values) -> Markup | None:
    """An SVG drawing of the end of a look-back window, what followed, and what was forecast; None without numbers.

    Args:
      history: rows before the forecast; None where a value is missing.
      future: rows that followed.
      forecast: rows that were forecast.
    """
    shown = history[-MAX_HISTORY:]
    known = [value for values in (shown, future, forecast) for value in values if value is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    steps = max(1, len(shown) + max(len(future), len(forecast)) - 1)

    def line(values: Values, start: int, name: str) -> Markup:
        points = [
            (
                EDGE + (start + place) * (WIDTH - 2 * EDGE) / steps,
                HEIGHT - EDGE - (value - low) * (HEIGHT - 2 * EDGE) / ((high - low) or 1.0),
            )
            for place, value in enumerate(values)
            if value is not None
        ]
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        return Markup('<polyline class="{}" points="{}"/>').format(name, text)

    lines = Markup("").join(
        [line(shown, 0, "history"), line(future, len(shown), "future"), line(forecast, len(shown), "forecast")]
    )
    label = f"a window from {low:.4g} to {high:.4g}: look-back, what followed and the forecast"
    return Markup('<svg class="series" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, lines
    )
