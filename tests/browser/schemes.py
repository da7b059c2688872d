"""What axe looks for in each colour scheme."""

# The schemes differ in colours only (palette.css): the other rules of axe look at a page once.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
VIOLATIONS = {"resultTypes": ["violations"]}
SCHEMES = {"light": VIOLATIONS, "dark": {"runOnly": OF_COLOURS} | VIOLATIONS}
