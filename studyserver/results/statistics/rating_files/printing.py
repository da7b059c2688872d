"""Agreement tables as text for the terminal, and as CSV with full precision."""

import pandas as pd


def as_csv(table: pd.DataFrame) -> str:
    """Return CSV; numbers with all digits, missing figures as empty fields."""
    return table.to_csv(index=False, lineterminator="\n")


def as_text(table: pd.DataFrame) -> str:
    """Return columns for the terminal, one line per row, with three decimals."""
    first = table.iloc[0]
    rows = [("statistic", "estimate", "se", "interval", "scope", "remark")]
    for row in table.itertuples():
        interval = "" if pd.isna(row.ci_low) else f"[{row.ci_low:.3f}, {row.ci_high:.3f}]"
        figures = ["" if pd.isna(figure) else f"{figure:.3f}" for figure in (row.estimate, row.se)]
        remark = f"undefined: {row.reason}" if row.status == "undefined" else str(row.reason)
        rows.append((row.statistic, *figures, interval, row.ci_scope, remark))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    counts = (
        f"level {first.level}: {first.n_items} items ({first.n_items_pairable} with two or more judgments), "
        f"{first.n_raters} raters, {first.n_judgments} judgments"
    )
    return "\n".join([counts, "", *lines, ""])
