"""Arithmetic for the small pictures in tables."""

from django import template

register = template.Library()


@register.filter
def times(count: int, width: int) -> int:
    """Return the product."""
    return count * width


@register.filter
def bar_height(percent: int, height: int) -> str:
    """Return a bar's height; what occurred at all can be seen."""
    return f"{max(1.5, percent * height / 100) if percent else 0:.1f}"


@register.filter
def bar_top(percent: int, height: int) -> str:
    """Return where a bar begins, from above."""
    return f"{height - float(bar_height(percent, height)):.1f}"
